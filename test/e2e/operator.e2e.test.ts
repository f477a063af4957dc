import { afterEach, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { exportUntilAcknowledged } from '../support/otlp-client.ts';
import { Program } from '../support/program.ts';
import { eventsOf } from '../support/topics.ts';
import { exportOf, retryTrace } from '../support/workload.ts';

let installation: Installation | undefined;
afterEach(async () => {
  await installation?.stop();
  await installation?.remove();
  installation = undefined;
});

interface Incident {
  readonly incidentId: string;
  readonly event: string;
  readonly revision: number;
  readonly acknowledgedBy: string;
  readonly mutedUntil: string | null;
  readonly seenTraces: number;
}

test('an incident is acknowledged and muted, over a kill of the processor and another trace that shows it', async () => {
  installation = await startInstallation();
  const { apiUrl, ingestUrl, stack, kafka, config } = installation;
  const get = async <T>(path: string) => (await (await fetch(`${apiUrl}${path}`)).json()) as T;
  const show = (name: string) =>
    exportUntilAcknowledged(ingestUrl, exportOf(retryTrace(name, Date.now() - 5_000).spans));
  const storms = async () =>
    (await get<{ incidents: Incident[] }>('/v1/incidents?kind=retry_storm&state=open')).incidents;
  const operate = async (...args: string[]) => {
    const program = new Program('sinks/incidents/main.ts', [...args, '--by', 'ann', '--api', apiUrl], {});
    return { code: await program.exit(), screen: program.screen };
  };

  await show('one');
  const incident = await until('an incident', async () => (await storms())[0]);
  const id = incident.incidentId;
  expect(await operate('ack', id.slice(0, 10), '--note', 'looking')).toMatchObject({
    code: 0,
    screen: expect.stringMatching(/^acknowledged by ann: retry_storm at /),
  });

  const back = stack.back('processor');
  await stack.signal('processor', 'SIGKILL');
  await back;
  expect((await operate('mute', id, '--for', '2h')).screen).toMatch(/^muted until /);
  await show('two');
  await until('both traces are counted', async () => (await storms())[0].seenTraces === 2);

  const detail = await get<{ incident: Incident; history: Incident[] }>(`/v1/incidents/${id}`);
  expect(detail.incident.acknowledgedBy).toBe('ann');
  expect(Date.parse(detail.incident.mutedUntil ?? '')).toBeGreaterThan(Date.now() + 3_600_000);
  const history = detail.history.map(({ event }) => event);
  expect(history[0]).toBe('opened');
  for (const event of ['acknowledged', 'muted'])
    expect(history.filter((each) => each === event)).toEqual([event]);
  expect(detail.history.map(({ revision }) => revision)).toEqual(history.map((_, i) => i + 1));
  // What is on the topic twice after the kill is the same.
  const written = new Map<number, unknown>();
  const topic = topicName('incidents', config.ATI_TOPIC_PREFIX);
  for (const event of await eventsOf(kafka, topic, 'IncidentEvent')) {
    if (event.incidentId !== id) continue;
    expect(written.get(event.revision) ?? event).toEqual(event);
    written.set(event.revision, event);
  }
  expect(await get('/v1/incidents?muted=false&kind=retry_storm')).toMatchObject({ incidents: [] });
});
