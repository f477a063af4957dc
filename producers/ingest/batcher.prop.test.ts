import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { Batcher } from './batcher.ts';
import { RECORD_OF } from './records.ts';
import { spanBatch } from './testing.ts';

interface Request {
  readonly tenant: string;
  readonly partitions: readonly number[];
  /** Turns of the event loop before it arrives. */
  readonly after: number;
}

const request: fc.Arbitrary<Request> = fc.record({
  tenant: fc.constantFrom('a', 'b'),
  partitions: fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 4 }),
  after: fc.nat({ max: 3 }),
});
const answer = fc.record({ fails: fc.boolean(), after: fc.nat({ max: 4 }) });
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

/** Part i of the run, as one byte a span, so that the log tells which parts it has. */
const partBytes = (id: number) => Buffer.from([id >> 8, id & 0xff]);
const idsIn = (otlp: Uint8Array) =>
  Array.from({ length: otlp.length / 2 }, (_, i) => (otlp[2 * i] << 8) | otlp[2 * i + 1]);

test('whatever arrives and whatever fails: 200 means all parts are on the log, each partition in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { maxLength: 25 }),
      fc.infiniteStream(answer),
      fc.integer({ min: 1, max: 9 }),
      async (requests, answers, maxBytes) => {
        const log = new Map<string, number[]>();
        const inFlight = new Set<number>();
        const send = async (records: readonly OutgoingRecord[]) => {
          const partition = records[0].partition ?? -1;
          expect(inFlight.has(partition)).toBe(false);
          inFlight.add(partition);
          const { fails, after } = answers.next().value;
          await turns(after);
          inFlight.delete(partition);
          if (fails) throw new Error('lost');
          for (const record of records) {
            const { tenant, otlp } = spanBatch(record.value);
            const key = `${tenant}/${record.partition}`;
            log.set(key, [...(log.get(key) ?? []), ...idsIn(otlp)]);
          }
          return [];
        };
        const batcher = new Batcher({
          send,
          now: () => 0,
          maxBytes,
          maxItems: 1000,
          recordOf: RECORD_OF.traces,
          lingerMs: 0,
          ackTimeoutMs: 60_000,
          onAck: () => {},
        });
        let ids = 0;
        const outcomes = [];
        for (const { tenant, partitions, after } of requests) {
          await turns(after);
          const parts = partitions.map((partition) => ({
            partition,
            service: '',
            count: 1,
            otlp: partBytes(ids++),
          }));
          const mine = parts.map(({ partition, otlp }) => ({
            key: `${tenant}/${partition}`,
            id: idsIn(otlp)[0],
          }));
          outcomes.push({ mine, outcome: batcher.append(tenant, parts).outcome });
        }
        await batcher.flush();
        for (const { mine, outcome } of outcomes) {
          // And never among another tenant's.
          for (const { key, id } of mine)
            expect([...log].filter(([other, ids]) => other !== key && ids.includes(id))).toEqual([]);
          const onLog = mine.every(({ key, id }) => log.get(key)?.includes(id));
          expect((await outcome).ok).toBe(onLog);
        }
        for (const seen of log.values()) expect(seen).toEqual([...seen].sort((a, b) => a - b));
      },
    ),
    { numRuns: 100 },
  );
});
