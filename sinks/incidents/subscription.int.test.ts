import type { Subscription } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { IncidentEvent } from '#schemas/events.ts';
import { hex, incidentEvent } from '../testing.ts';
import { eventually, PARTITIONS, record, startBroker, type TestBroker } from '../testing-broker.ts';
import { incidents, type SubscribeOptions } from './subscription.ts';
import { positionsAt, readIncidents, tailIncidents } from './tail.ts';

let broker: TestBroker;
const open: Subscription[] = [];
beforeAll(async () => {
  broker = await startBroker();
});
afterEach(() => {
  for (const subscription of open.splice(0)) subscription.unsubscribe();
});
afterAll(() => broker?.stop());

let next = 100;
/** Writes events with ids of their own to the partitions in turn; gives the ids. */
async function publish(count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () => {
    next++;
    return incidentEvent({ incidentId: hex(next, 32), at: 1_700_000_000_000 + next });
  });
  await broker.produce(
    'incidents',
    events.map((event, i) => record(i % PARTITIONS, 'IncidentEvent', event)),
  );
  return events.map(({ incidentId }) => incidentId);
}

function subscribe(options: SubscribeOptions = {}) {
  const events: IncidentEvent[] = [];
  const errors: unknown[] = [];
  const subscription = incidents(broker.kafka, { prefix: broker.prefix, pollMs: 20, ...options }).subscribe({
    next: (event) => events.push(event),
    error: (error) => errors.push(error),
  });
  open.push(subscription);
  const ids = () => events.map(({ incidentId }) => incidentId);
  return { subscription, ids, errors };
}

const has = (wanted: readonly string[]) => (ids: readonly string[]) => wanted.every((id) => ids.includes(id));

/** A subscriber that has heard something reads at the log's end. */
async function listening(ids: () => string[]): Promise<void> {
  await eventually(
    async () => {
      await publish(1);
      return ids();
    },
    (heard) => heard.length > 0,
  );
}

describe('without a group', () => {
  test('from the beginning: what is there, in order of time, then what comes, each once', async () => {
    const before = await publish(7);
    const { ids } = subscribe({ fromBeginning: true });
    await eventually(ids, has(before));
    const after = await publish(5);
    await eventually(ids, has(after));
    const own = ids().filter((id) => before.includes(id) || after.includes(id));
    expect(own.slice(0, before.length)).toEqual(before);
    expect(new Set(own).size).toBe(before.length + after.length);
    expect(own.length).toBe(before.length + after.length);
  });

  test('from now: nothing of before; every subscriber has everything; the filter filters', async () => {
    const before = await publish(3);
    const one = subscribe();
    const two = subscribe();
    await listening(one.ids);
    await listening(two.ids);
    const [first, ...rest] = await publish(4);
    const filtered = subscribe({ fromBeginning: true, filter: ({ incidentId }) => incidentId === first });
    await eventually(one.ids, has([first, ...rest]));
    await eventually(two.ids, has([first, ...rest]));
    await eventually(filtered.ids, has([first]));
    expect(one.ids().filter((id) => before.includes(id))).toEqual([]);
    expect(filtered.ids()).toEqual([first]);
  });

  test('after unsubscribe nothing more comes', async () => {
    const ended = subscribe();
    await listening(ended.ids);
    ended.subscription.unsubscribe();
    const heard = ended.ids().length;
    const other = subscribe({ fromBeginning: true });
    await eventually(other.ids, has(await publish(3)));
    expect(ended.ids().length).toBe(heard);
    expect(ended.errors).toEqual([]);
  });

  test('records that are no incident events are left out and told of', async () => {
    const skipped: string[] = [];
    const { ids } = subscribe({ fromBeginning: true, onSkipped: (_p, _o, reason) => skipped.push(reason) });
    await broker.produce('incidents', [
      { partition: 0, value: Buffer.from('garbage') },
      { partition: 0, value: null },
    ]);
    await eventually(ids, has(await publish(1)));
    expect(skipped).toEqual([
      expect.stringMatching('not the Confluent wire format'),
      expect.stringMatching('truncated'),
    ]);
  });

  test('a topic that is not there is an error', async () => {
    const { errors } = subscribe({ prefix: 'nowhere.', fromBeginning: true });
    await eventually(
      () => errors.length,
      (count) => count === 1,
    );
    expect(String(errors[0])).toMatch(/nowhere\.ati\.incidents/);
  });
});

describe('with a group', () => {
  test('it goes on after what it was given; two members share', async () => {
    const groupId = 'test.readers';
    const first = subscribe({ groupId, fromBeginning: true });
    const early = await publish(6);
    await eventually(first.ids, has(early));
    await eventually(
      () => broker.kafka.committed(groupId, broker.topic('incidents')),
      (all) => all.length === PARTITIONS && all.every(({ offset }) => offset > 0),
    );
    first.subscription.unsubscribe();
    const later = await publish(6);
    const second = subscribe({ groupId, fromBeginning: true });
    await eventually(second.ids, has(later));
    expect(second.ids().filter((id) => early.includes(id))).toEqual([]);
  });
});

test('a group that began now and heard nothing gets what came while it was away', async () => {
  const groupId = 'test.quiet';
  const before = await publish(3);
  const first = subscribe({ groupId });
  const committed = () => broker.kafka.committed(groupId, broker.topic('incidents'));
  await eventually(committed, (all) => all.length === PARTITIONS && all.every(({ offset }) => offset >= 0));
  first.subscription.unsubscribe();
  const between = await publish(6);
  const second = subscribe({ groupId });
  await eventually(second.ids, has(between));
  expect([first.ids(), second.ids().filter((id) => before.includes(id))]).toEqual([[], []]);
});

test('tail goes on exactly where it is told to, and reports how far it is', async () => {
  const topic = broker.topic('incidents');
  const from = await positionsAt(broker.kafka, topic, 'end');
  const wanted = await publish(5);
  const stop = new AbortController();
  const seen: string[] = [];
  let reached = new Map<number, number>();
  const options = {
    signal: stop.signal,
    pollMs: 20,
    onPositions: (positions: ReadonlyMap<number, number>) => {
      reached = new Map(positions);
      if (seen.length === wanted.length) stop.abort();
    },
  };
  for await (const { event } of tailIncidents(broker.kafka, topic, from, options))
    seen.push(event.incidentId);
  expect(seen).toEqual(wanted);
  expect(reached).toEqual(new Map(await positionsAt(broker.kafka, topic, 'end')));
  const again: string[] = [];
  for await (const { event } of readIncidents(broker.kafka, topic, from, reached))
    again.push(event.incidentId);
  expect(again).toEqual(wanted);
});
