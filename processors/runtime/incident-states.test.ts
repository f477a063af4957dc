import { expect, it } from 'vitest';
import type { KafkaRecord, OutgoingRecord } from '#infra/kafka/port.ts';
import { FROM_THE_FIRST } from '../incidents/position.ts';
import { SignalProcessor } from '../incidents/signal-processor.ts';
import { type LogEntry, signalRecord, testDetectors } from '../testing/fake-signals.ts';
import { WINDOW_DEFAULTS } from '../windows/settings.ts';
import { IncidentStates } from './incident-states.ts';

const T = 60_000_000;
const at = (offset: number) => ({ partition: 0, offset, sequence: 0, clock: T + offset * 1000 });
const finding = { severity: 'warning', value: 2 } as const;
/** An incident that opens with the first record and has another revision when its window closes. */
const LOG: readonly LogEntry[] = [
  { source: at(1), signal: { trace: 'a', eventTime: T, finding } },
  { source: at(2) },
  { source: at(200) },
];

/** The states that stage 2 writes after so many records of the log. */
function statesAfter(records: number) {
  const settings = { ...WINDOW_DEFAULTS, sources: 1 };
  const stage2 = new SignalProcessor(settings, testDetectors, {
    ...FROM_THE_FIRST,
    offset: 0,
    incidents: [],
  });
  for (const [offset, entry] of LOG.slice(0, records).entries()) stage2.add(offset, signalRecord(entry));
  return stage2.advance().states;
}

/** A partition of ati.incident-state whose cleaner runs before every reader. */
function compactedTopic() {
  const written: KafkaRecord[] = [];
  const send = async (_topic: string, records: readonly OutgoingRecord[]) => {
    const baseOffset = written.length;
    for (const { key, value } of records)
      written.push({
        ...{ partition: 0, offset: written.length, timestamp: 0, headers: {} },
        key: Buffer.from(key as string),
        value: value === null ? null : Buffer.from(value),
      });
    return [{ partition: 0, baseOffset }];
  };
  async function* read() {
    const last = new Map(written.map((record) => [String(record.key), record]));
    yield* written.filter((record) => last.get(String(record.key)) === record);
  }
  return { send, read, claim: () => IncidentStates.claim({ read }, { send }, 'states', 0) };
}

it('a former owner that writes late does not undo what the owner after it has written', async () => {
  const { send, claim } = compactedTopic();
  const former = await claim();
  await former.read();
  const owner = await claim();
  await owner.read();
  const [older, newer] = [statesAfter(2), statesAfter(3)];
  expect(newer).not.toEqual(older);
  await send('states', owner.recordsOf(newer));
  const asWritten = (await (await claim()).read()).incidents;
  await send('states', former.recordsOf(older));
  expect((await (await claim()).read()).incidents).toEqual(asWritten);
  expect(asWritten).toHaveLength(1);
});

it('an owner ends the keys of those before it with its first state: they do not pile up', async () => {
  const { send, read, claim } = compactedTopic();
  for (let owners = 0; owners < 5; owners++) {
    const owner = await claim();
    await owner.read();
    await send('states', owner.recordsOf(statesAfter(2)));
  }
  const kept = [];
  for await (const { value } of read()) if (value !== null) kept.push(value);
  expect(kept).toHaveLength(1);
});
