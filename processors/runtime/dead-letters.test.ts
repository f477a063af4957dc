import { expect, test } from 'vitest';
import { UserError } from '#infra/errors.ts';
import type { KafkaRecord, OutgoingRecord, Producer } from '#infra/kafka/port.ts';
import { DeadLetterBox, RereadLetters } from './dead-letters.ts';

/** A topic of dead letters in memory. */
function world() {
  const log: KafkaRecord[] = [];
  const producer = {
    async send(_topic: string, records: readonly OutgoingRecord[]) {
      for (const { headers = {}, value } of records)
        log.push({
          ...{ partition: 0, offset: log.length, timestamp: 0, key: null, value: value as Buffer | null },
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
          ),
        });
      return [];
    },
  } as unknown as Producer;
  const kafka = {
    offsets: async () => [{ partition: 0, earliest: 0, latest: log.length }],
    async *read() {
      yield* log;
    },
  };
  return { log, producer, kafka };
}

const refusal = (offset: number) => ({
  record: { partition: 1, offset, value: Buffer.from(`state ${offset}`) },
  step: 'decode',
  reason: 'no state',
});

test('what is read again at each assignment is put aside once', async () => {
  const { log, producer, kafka } = world();
  const letters = () => new RereadLetters(kafka, producer, 'dead', 'states');
  await letters().put([refusal(3)], 10, 1);
  await letters().put([refusal(3), refusal(7)], 12, 2);
  await letters().put([], 12, 3);
  expect(log.map(({ value, headers }) => [String(value), String(headers.offset)])).toEqual([
    ['state 3', '3'],
    ['state 7', '7'],
  ]);
});

test('a topic of states of which most are none is no matter of single records: nothing is put aside', async () => {
  const { log, producer, kafka } = world();
  const many = Array.from({ length: 150 }, (_, offset) => refusal(offset));
  await expect(new RereadLetters(kafka, producer, 'dead', 'states').put(many, 200, 1)).rejects.toThrow(
    /states: 150 of the last 200 records .* at 1-149: no state/,
  );
  expect(log).toEqual([]);
});

test('at the limit the box stops before it writes the letters that are too many, and says what to do', async () => {
  const { log, producer } = world();
  const box = new DeadLetterBox(producer, 'dead', 'spans', { groupId: 'g' });
  for (let offset = 0; offset < 99; offset++) await box.put([refusal(offset)], 1, 1);
  const stopped = box.put([refusal(99)], 1, 1);
  await expect(stopped).rejects.toThrow(UserError);
  await expect(stopped).rejects.toThrow(/inspect --topic spans; .* ATI_DEAD_LETTER_SHARE=1$/);
  expect([log.length, String(log[0].headers.group)]).toEqual([99, 'g']);
});
