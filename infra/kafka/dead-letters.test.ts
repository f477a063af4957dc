import { expect, test } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../topics.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import type { OutgoingRecord } from './port.ts';

function box() {
  const sent: { topic: string; records: readonly OutgoingRecord[] }[] = [];
  const letters = new DeadLetters(
    {
      send: async (topic, records) => {
        sent.push({ topic, records });
        return [];
      },
    },
    'dead',
  );
  return { letters, sent };
}

const letter = (offset: number, value: Buffer | null, reason = 'why'): DeadLetter => ({
  ...{ topic: 'spans', step: 'decode', reason, ts: 1_000 },
  record: { partition: 3, offset, value },
});

test('the bytes as they were; why and where in headers', async () => {
  const { letters, sent } = box();
  await letters.send([{ ...letter(7, Buffer.from('?')), details: { traceId: 'ab' } }, letter(8, null)]);
  const headers = { reason: 'why', step: 'decode', topic: 'spans', partition: '3', ts: '1000' };
  expect(sent).toEqual([
    {
      topic: 'dead',
      records: [
        { key: 'spans-3', value: Buffer.from('?'), headers: { ...headers, offset: '7', traceId: 'ab' } },
        { key: 'spans-3', value: null, headers: { ...headers, offset: '8' } },
      ],
    },
  ]);
});

test('many large ones go in requests that a topic takes, each once and in order', async () => {
  const { letters, sent } = box();
  const value = Buffer.alloc(512 << 10);
  await letters.send(Array.from({ length: 99 }, (_, offset) => letter(offset, value)));
  for (const { records } of sent) {
    expect(records.reduce((sum, each) => sum + (each.value?.length ?? 0), 0)).toBeLessThan(MAX_MESSAGE_BYTES);
  }
  const offsets = sent.flatMap(({ records }) => records.map(({ headers }) => Number(headers?.offset)));
  expect(offsets).toEqual(Array.from({ length: 99 }, (_, offset) => offset));
});

test('a reason that quotes the data is cut; without letters nothing is sent', async () => {
  const { letters, sent } = box();
  await letters.send([]);
  expect(sent).toEqual([]);
  await letters.send([letter(1, null, 'x'.repeat(10_000))]);
  expect(sent[0].records[0].headers?.reason).toBe('x'.repeat(500));
});
