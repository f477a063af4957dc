import { expect, it } from 'vitest';
import { string } from '#schemas/avro/writer.ts';
import { bytesOf, OutputWriter, unpackOutputs } from './outputs.ts';

const text = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString();
const brief = (writer: OutputWriter) =>
  unpackOutputs(writer.end()).map(({ topic, partition, key, value }) => [
    topic,
    partition,
    text(key),
    text(value.subarray(1)),
  ]);

it('gives back what was added, with a key, an empty one and none', () => {
  const writer = new OutputWriter();
  writer.begin(new ArrayBuffer(1 << 10));
  expect(writer.add('traces', 1, 'a trace', () => string('one'))).toBe(4);
  writer.add('signals', 2, null, () => string('two'));
  writer.add('signals', 3, '', () => string('three'));
  expect(brief(writer)).toEqual([
    ['traces', 1, 'a trace', 'one'],
    ['signals', 2, null, 'two'],
    ['signals', 3, '', 'three'],
  ]);
  expect(bytesOf(writer.end())).toBe(7 + 4 + 4 + 6);
});

it('uses the memory it is given, and a larger one where that is too small', () => {
  const writer = new OutputWriter();
  for (const [bytes, fits] of [
    [1 << 20, true],
    [1 << 10, false],
    [0, false],
  ] as const) {
    const memory = new ArrayBuffer(bytes);
    writer.begin(memory);
    for (let i = 0; i < 1000; i++) writer.add('signals', i, `key ${i}`, () => string(`value ${i}`));
    expect(writer.end().bytes === memory).toBe(fits);
    expect(brief(writer)).toEqual(
      Array.from({ length: 1000 }, (_, i) => ['signals', i, `key ${i}`, `value ${i}`]),
    );
  }
});

it('has nothing of what was cut, nor of what threw', () => {
  const writer = new OutputWriter();
  writer.begin(new ArrayBuffer(1 << 10));
  const add = (value: string) => writer.add('traces', 0, 'k', () => string(value));
  const broken = () =>
    writer.add('traces', 0, 'k', () => {
      string('half');
      throw new Error('broken');
    });
  add('first');
  expect(broken).toThrow('broken');
  writer.cut(0);
  expect(brief(writer)).toEqual([]);
  add('one');
  add('two');
  add('three');
  writer.cut(1);
  expect(broken).toThrow('broken');
  add('four');
  expect(brief(writer).map(([, , , value]) => value)).toEqual(['one', 'four']);
  expect(writer.count).toBe(2);
});
