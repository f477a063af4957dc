/**
 * Processors come and go in the midst of open traces and windows, on the embedded broker, or on a real Kafka (`npm run
 * test:kafka`): exact positions, and everything as if one had done it all.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestKafka, testKafka } from '#infra/kafka/testing.ts';
import { until } from '#infra/testing/until.ts';
import { GroupOfProcessors } from './group-of-processors.ts';
import { assemblyPosition, incidentsPosition } from './positions.ts';
import { PARTITIONS, partOf, ticksAt } from './workload.ts';

/** Well in the past of the broker's clock: the log runs through a few minutes, and what it says must not be of tomorrow. */
const START = Date.now() - 1_800_000;
/** Longer than the session of a processor. */
const STOPPED_MS = 12_000;

let broker: TestKafka;
let group: GroupOfProcessors;

beforeAll(async () => {
  broker = await testKafka();
});
afterAll(async () => {
  await broker?.close();
});
beforeEach(async () => {
  group = await GroupOfProcessors.open(broker, `${randomUUID().slice(0, 8)}.`);
});
afterEach(async () => {
  await group?.end();
});

/** Exact positions, incidents and summaries; what is open is open. */
async function expectAsUndisturbed(): Promise<void> {
  const { topics, settings } = group;
  const spans = await group.committed(topics.assemblyGroup, topics.spans);
  let held = 0;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const records = await group.records(topics.spans, partition);
    const { offset, clock, done } = spans[partition];
    expect({ partition, offset, clock, done }).toEqual({
      partition,
      ...assemblyPosition(records, settings.assembly),
    });
    held += records.length - offset;
  }
  expect(held).toBeGreaterThan(PARTITIONS);
  const signals = await group.committed(topics.incidentsGroup, topics.signals);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { firstNeeded, ...position } = incidentsPosition(
      await group.records(topics.signals, partition),
      settings.windows,
    );
    expect({ ...signals[partition] }).toMatchObject(position);
    expect(signals[partition].offset).toBeLessThanOrEqual(firstNeeded);
    expect(signals[partition].offset).toBeGreaterThan(firstNeeded - 8);
  }
  const traces = await group.traces();
  expect(traces.found).toEqual(traces.expected);
  const incidents = await group.incidents();
  expect(incidents.expected.length).toBeGreaterThanOrEqual(6);
  expect(incidents.found).toEqual(incidents.expected);
}

const written = async (topic: string) =>
  (await group.kafka.offsets(topic)).reduce((sum, { latest }) => sum + latest, 0);

test('two, then three, then two: one joins and one leaves while traces and windows are open', async () => {
  const [first] = await Promise.all([group.join(), group.join()]);
  await group.send(partOf(0, START).batches);
  await until('traces are closed', async () => (await written(group.topics.traces)) > 0, 60_000);
  await Promise.all([group.join(), group.send(partOf(1, START).batches)]);
  await group.caughtUp();
  await expectAsUndisturbed();
  const { batches, endMs } = partOf(2, START);
  const [code] = await Promise.all([first.end('SIGTERM'), group.send(batches)]);
  expect(code).toBe(0);
  await group.caughtUp();
  await expectAsUndisturbed();
  // Whoever holds what is open now closes it.
  await group.send(ticksAt(endMs + 200_000));
  await group.send(ticksAt(endMs + 400_000));
  await group.caughtUp();
  const incidents = await group.incidents();
  expect(incidents.found).toEqual(incidents.expected);
});

test('one is killed, one is stopped for longer than its session and wakes up: nothing lost, doubled or changed', async () => {
  const [killed, zombie] = await Promise.all([group.join(), group.join()]);
  await group.send(partOf(0, START).batches);
  const survivor = await group.join();
  // Both are hit with batches in their hands.
  const before = await written(group.topics.traces);
  const sent = group.send(partOf(1, START).batches);
  await until('more is closed', async () => (await written(group.topics.traces)) > before, 60_000);
  zombie.kill('SIGSTOP');
  const stoppedAt = performance.now();
  await killed.end('SIGKILL');
  await sent;
  await group.caughtUp();
  await expectAsUndisturbed();
  await group.send(partOf(2, START).batches);
  await group.caughtUp();
  await until('its session is long over', async () => performance.now() - stoppedAt > STOPPED_MS, 60_000);
  zombie.kill('SIGCONT');
  await group.send(partOf(3, START).batches);
  await group.caughtUp();
  // It is alone now, and has to do everything by what it has heard since it woke up.
  expect(await survivor.end('SIGTERM')).toBe(0);
  await group.send(partOf(4, START).batches);
  await group.caughtUp();
  await expectAsUndisturbed();
  expect(await zombie.end('SIGTERM')).toBe(0);
});
