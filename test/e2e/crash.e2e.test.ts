import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { ServiceName } from '#infra/stack/services.ts';
import { topicName } from '#infra/topics.ts';
import type { OtlpSpan } from '#schemas/otlp/write.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually, exportUntilAcknowledged } from '../support/otlp-client.ts';
import { eventsOf } from '../support/topics.ts';
import {
  chainTrace,
  exportOf,
  fanoutTrace,
  healthyTrace,
  type MadeTrace,
  retryTrace,
} from '../support/workload.ts';

let installation: Installation | undefined;
afterEach(async () => {
  await installation?.stop();
  await installation?.remove();
  installation = undefined;
});

/** Traces of every kind, exported in two requests each (the root last), as agents end their spans. */
const TRACES = 60;
function workload(name: string): MadeTrace[] {
  const make = [fanoutTrace, chainTrace, retryTrace, healthyTrace];
  const now = Date.now();
  return Array.from({ length: TRACES }, (_, i) => make[i % make.length](`${name}-${i}`, now - 5_000));
}

async function exportTrace(ingestUrl: string, trace: MadeTrace): Promise<readonly OtlpSpan[]> {
  const half = Math.ceil(trace.spans.length / 2);
  await exportUntilAcknowledged(ingestUrl, exportOf(trace.spans.slice(half)));
  await exportUntilAcknowledged(ingestUrl, exportOf(trace.spans.slice(0, half)));
  return trace.spans;
}

interface Count {
  rows: string;
  distinct: string;
}

describe('kill -9 in mid-run', () => {
  test.each<ServiceName>(['ingest', 'processor', 'sink', 'broker', 'engine'])(
    '%s: every acknowledged span is stored once, every failure is named',
    async (victim) => {
      installation = await startInstallation();
      const { ingestUrl, stack, clickhouse, kafka, config } = installation;
      const traces = workload(randomUUID());
      const expected = traces.reduce((n, trace) => n + trace.spans.length, 0);

      let acknowledged = 0;
      let killed: Promise<void> | undefined;
      const back = stack.back(victim);
      // Four senders at once; the victim dies once a third is on its way.
      const queue = [...traces];
      const sender = async () => {
        for (let trace = queue.shift(); trace !== undefined; trace = queue.shift()) {
          const spans = await exportTrace(ingestUrl, trace);
          acknowledged += spans.length;
          if (killed === undefined && acknowledged > expected / 3) killed = stack.signal(victim, 'SIGKILL');
        }
      };
      await Promise.all([sender(), sender(), sender(), sender()]);
      expect(acknowledged).toBe(expected);
      await killed;
      await back;

      const count = await eventually('all spans in otel_traces', async () => {
        const rows = await clickhouse
          .query<Count>('SELECT count() AS rows, uniqExact(SpanId) AS distinct FROM otel_traces FINAL')
          .catch(() => []); // the engine may still be on its way back
        return Number(rows[0]?.distinct) >= expected ? rows[0] : undefined;
      });
      expect(count).toEqual({ rows: String(expected), distinct: String(expected) });

      const topic = topicName('traces', config.ATI_TOPIC_PREFIX);
      const summaries = await eventually('a summary of each trace', async () => {
        const all = await eventsOf(kafka, topic, 'TraceSummary');
        const whole = new Map(all.map((summary) => [summary.traceId, summary]));
        const complete = traces.every(({ traceId, spans }) => whole.get(traceId)?.spanCount === spans.length);
        return complete ? whole : undefined;
      });
      expect(summaries.size).toBe(TRACES);
      const incidents = await eventually('an incident of each kind', async () => {
        const events = await eventsOf(
          kafka,
          topicName('incidents', config.ATI_TOPIC_PREFIX),
          'IncidentEvent',
        );
        const kinds = new Set(events.filter(({ event }) => event === 'opened').map(({ kind }) => kind));
        return kinds.size >= 3 ? events : undefined;
      });
      // The same event may be there twice after a crash, but never with other bytes.
      const versions = new Map<string, string>();
      for (const event of incidents) {
        const version = `${event.incidentId}/${event.revision}`;
        const content = JSON.stringify(event);
        expect(versions.get(version) ?? content).toBe(content);
        versions.set(version, content);
      }
      const deadLetters = await kafka.offsets(topicName('deadLetters', config.ATI_TOPIC_PREFIX));
      expect(deadLetters.map(({ latest }) => latest)).toEqual([0]);
    },
    180_000,
  );
});
