import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { TOPICS, topicName } from '#infra/topics.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually, exportUntilAcknowledged } from '../support/otlp-client.ts';
import { eventsOf, recordsOf } from '../support/topics.ts';
import { chainTrace, exportOf, fanoutTrace, retryTrace } from '../support/workload.ts';

let installation: Installation | undefined;
afterEach(async () => {
  await installation?.stop();
  await installation?.remove();
  installation = undefined;
});
