import { expect, test } from 'vitest';
import { UserError } from '#infra/errors.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import type { TablesProjection } from '../projections/projection.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { Filler } from './fill.ts';

/** A partition with the records of `offsets`, whose log begins at `earliest`. */
function filler(offsets: readonly number[], earliest: number) {
  const kafka = {
    async offsets() {
      return [{ partition: 0, earliest, latest: 10 }];
    },
    async *read(_topic: string, partition: number, from: number, to: number) {
      for (const offset of offsets.filter((each) => each >= from && each < to))
        yield { partition, offset, timestamp: 0, key: null, headers: {}, value: Buffer.from([offset]) };
    },
  } as unknown as Kafka;
  const projection = {
    tables: [{ table: 'bytes', columns: ['Byte'] }],
    append(outs: readonly RowBuffer[], value: Uint8Array) {
      outs[0].uint8(value[0]);
      return { ok: true, rows: [1] };
    },
  } as unknown as TablesProjection;
  const stored: number[] = [];
  const options = {
    ...{ kafka, projection, topic: 'ati.spans', batchRows: 3, signal: new AbortController().signal },
    onProgress: () => undefined,
    onRetry: () => undefined,
  };
  const insert = async (rows: Uint8Array) => void stored.push(...rows);
  return { filler: new Filler(options, [insert]), stored };
}

const range = (from: number, to: number) => ({
  ...{ partition: 0, from, to },
});

test('stores the records of a range, over a hole too', async () => {
  const { filler: it, stored } = filler([2, 3, 6, 7, 8], 0);
  await it.fill([range(1, 8)]);
  expect(stored).toEqual([2, 3, 6, 7]);
  expect(it.filled).toEqual({ records: 4, rows: 4, refused: 0 });
});

test.each([
  ['has lost its beginning', [5, 6]],
  ['has nothing left', []],
])(
  'a range that %s meanwhile is an error that says what to do: nobody has those rows',
  async (_, offsets) => {
    const { filler: it } = filler(offsets, 5);
    const filled = it.fill([range(2, 8)]);
    await expect(filled).rejects.toThrow(UserError);
    await expect(filled).rejects.toThrow(/offsets 2 to 4 of partition 0 .* run the replay again/);
  },
);
