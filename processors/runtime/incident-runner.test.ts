import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { Kafka, KafkaRecord, OutgoingRecord, Producer } from '#infra/kafka/port.ts';
import { metrics } from '#infra/metrics.ts';
import { decodeAs, encode } from '#schemas/codec.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { testDetectors, testSignal } from '../testing/fake-signals.ts';
import { WINDOW_DEFAULTS } from '../windows/settings.ts';
import { Committer } from './committer.ts';
import { DeadLetterBox } from './dead-letters.ts';
import { IncidentRunner } from './incident-runner.ts';
import { topicsOf } from './topics.ts';

const topics = topicsOf('');
const log = pino({ level: 'silent' });
const T = 60_000_000;

const source = (second: number) => ({ partition: 0, offset: second, sequence: 0, clock: T + second * 1000 });
const mark = (second: number) => encode('ClockMark', { source: source(second) });
/** A trace with a finding, in an operation of its own; `kind`: as a detector names it that is not here any more. */
function shows(second: number, operation: string, kind?: string): Uint8Array {
  const finding = { severity: 'warning', value: 2 } as const;
  const at = source(second);
  const signal = testSignal(at, { trace: `t${second}`, operation, eventTime: at.clock, finding });
  const findings = signal.findings.map((each) => ({ ...each, ...(kind !== undefined && { kind }) }));
  return encode('Signal', { ...signal, findings });
}

/** Stage 2 without a broker: one partition whose log is an array; `commitAt`: offsets at which what is done is committed. */
async function run(
  records: readonly Uint8Array[],
  detectors: ConfiguredDetectors,
  batch = 2,
  commitEvery = 2,
) {
  const written = new Map<string, OutgoingRecord[]>();
  const logOf = (values: readonly (Uint8Array | null)[]): KafkaRecord[] =>
    values.map((value, offset) => ({
      ...{ partition: 0, offset, timestamp: 0, key: null, headers: {} },
      value: value === null ? null : Buffer.from(value),
    }));
  const producer: Producer = {
    async send(topic, sent) {
      const held = written.get(topic) ?? [];
      written.set(topic, [...held, ...sent]);
      return [{ partition: 0, baseOffset: held.length }];
    },
    close: async () => {},
  };
  const kafka = {
    async *read(topic: string, _partition: number, from: number, to = Infinity) {
      const values = topic === topics.signals ? records : (written.get(topic) ?? []).map((r) => r.value);
      yield* logOf(values).slice(from, to);
    },
  } as unknown as Kafka;
  const committer = new Committer(log);
  let batches = 0;
  const done = committer.done.bind(committer);
  committer.done = (commit, epoch) => {
    done(commit, epoch);
    if (++batches % commitEvery === 0) runner.committed(0, commit.offset, commit.metadata ?? '');
  };
  const runner = new IncidentRunner({
    ...{ kafka, producer, committer, topics, detectors, log },
    deadLetters: new DeadLetterBox(producer, topics.deadLetters, topics.signals),
    stateLetters: { put: async (refused) => expect(refused).toEqual([]) },
    windows: { ...WINDOW_DEFAULTS, graceMs: 10_000, sources: 1 },
  });
  await runner.onAssigned([{ topic: topics.signals, partition: 0, offset: 0, metadata: '' }], 1);
  for (let from = 0; from < records.length; from += batch)
    await runner.onBatch({
      ...{ topic: topics.signals, partition: 0, highWatermark: records.length, epoch: 1 },
      records: logOf(records).slice(from, from + batch),
    });
  const events = (written.get(topics.incidents) ?? []).map(({ value }) => {
    const decoded = decodeAs('IncidentEvent', value!);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.value;
  });
  const letters = (written.get(topics.deadLetters) ?? []).map(({ headers }) => headers ?? {});
  return { events, letters, written };
}

const brief = (events: readonly { event: string; operation: string }[]) =>
  events.map(({ event, operation }) => `${event} ${operation}`);

/** One whose stage 2 knows nothing of the kind `gone`, as after a detector was taken out; counts how often that hurts. */
function without(limit = Infinity) {
  const seen = { throws: 0 };
  const detectors: ConfiguredDetectors = {
    ...testDetectors,
    thresholdsDigest: (kind) => {
      if (kind === 'gone' && seen.throws < limit) {
        seen.throws++;
        throw new Error('no detector of kind gone is registered');
      }
      return testDetectors.thresholdsDigest(kind);
    },
  };
  return { detectors, seen };
}

const records = [
  mark(1),
  shows(2, 'first'),
  mark(3),
  shows(4, 'cursed', 'gone'),
  shows(5, 'second'),
  mark(6),
  mark(8),
  mark(40),
  shows(50, 'third'),
  mark(90),
];

it('what throws is tried three times, then passed over; everything else is as if it were not there', async () => {
  const healthy = await run(
    records.filter((_, i) => i !== 3),
    testDetectors,
  );
  expect(brief(healthy.events)).toEqual([
    ...['opened first', 'opened second', 'updated first', 'updated second'],
    ...['opened third', 'updated third'],
  ]);
  for (const batch of [1, 2, 3, 10]) {
    const { detectors } = without();
    const { events, letters } = await run(records, detectors, batch);
    expect(brief(events).sort(), `batches of ${batch}`).toEqual(brief(healthy.events).sort());
    // Its signal, and each close of a window that holds it.
    expect(letters[0]).toMatchObject({ reason: 'bug', step: 'incidents', unit: 'signal 0/4/0' });
    const units = letters.map(({ unit }) => unit);
    expect(new Set(units).size).toBe(units.length);
    for (const unit of units.slice(1)) expect(unit).toMatch(/^windows of .*cursed at/);
  }
});

it('each unit three times, no more', async () => {
  const { detectors, seen } = without();
  const { letters } = await run(records, detectors, 1, 1);
  expect(seen.throws).toBe(3 * letters.length);
});

it('a throw that passes by itself leaves nothing behind', async () => {
  const { detectors } = without(2);
  const { events, letters } = await run(records, detectors);
  const undisturbed = await run(records, without(0).detectors);
  expect(letters).toEqual([]);
  expect(undisturbed.events.map((event) => event.operation)).toContain('cursed');
  expect(events).toEqual(undisturbed.events);
});

it('no event is written twice by the way back, however old the commit is', async () => {
  const { detectors } = without();
  const { events } = await run(records, detectors, 2, Infinity);
  const ids = events.map(({ incidentId, revision }) => `${incidentId} ${revision}`);
  expect(new Set(ids).size).toBe(ids.length);
});

it('the time that the log takes for what is written is counted as back-pressure', async () => {
  const seconds = async () => {
    const { values } = await metrics.backPressureSeconds.get();
    return values.find(({ labels }) => labels.topic === topics.signals)?.value ?? 0;
  };
  const before = await seconds();
  await run(records, testDetectors);
  expect(await seconds()).toBeGreaterThan(before);
});
