import { describe, expect, test } from 'vitest';
import { compileCheck } from './avro/check.ts';
import { decode, decodeAs, encode } from './codec.ts';
import type { SpanBatch } from './events.ts';

const source = { partition: 1, offset: 42, sequence: 0, clock: 1_700_000_000_000 };
const batch: SpanBatch = { tenant: 'default', receivedAt: 1, spanCount: 0, otlp: new Uint8Array(0) };
const reason = (bytes: Uint8Array) => {
  const decoded = decode(bytes);
  return decoded.ok ? 'ok' : decoded.reason;
};

test('the wire format: a zero, the id in four bytes, the body', () => {
  const bytes = encode('SpanBatch', batch);
  expect([...bytes.subarray(0, 5)]).toEqual([0, 0, 0, 0, 1]);
  expect(bytes.subarray(5)).toEqual(Buffer.from('\x0edefault\x02\x00\x00', 'latin1'));
});

test('large bodies and bodies after them are right (the scratch buffer grows)', () => {
  for (const size of [0, 100, 16 << 10, 300_000, 5, 40_000, 80_000]) {
    const otlp = Buffer.alloc(size, size & 0xff);
    const decoded = decodeAs('SpanBatch', encode('SpanBatch', { ...batch, otlp }));
    expect(decoded.ok && decoded.value.otlp.length === size && otlp.equals(decoded.value.otlp)).toBe(true);
  }
});

test('a plain Uint8Array and a view of a larger one are written as they are', () => {
  const large = Uint8Array.from([9, 9, 1, 2, 3, 9]);
  const decoded = decodeAs('SpanBatch', encode('SpanBatch', { ...batch, otlp: large.subarray(2, 5) }));
  expect(decoded.ok && [...decoded.value.otlp]).toEqual([1, 2, 3]);
});

test('a decoded value shares no memory with its bytes', () => {
  const bytes = encode('SpanBatch', { ...batch, otlp: Buffer.from('before') });
  const decoded = decodeAs('SpanBatch', bytes);
  bytes.fill(0);
  expect(decoded.ok && Buffer.from(decoded.value.otlp).toString()).toBe('before');
});

test('a string that was cut inside a surrogate pair is repaired, not dead-lettered', () => {
  for (const tenant of ['\u{1f600}'.slice(0, 1), `${'x'.repeat(99)}\udc00`]) {
    const decoded = decodeAs('SpanBatch', encode('SpanBatch', { ...batch, tenant }));
    expect(decoded.ok && decoded.value.tenant).toBe(tenant.toWellFormed());
  }
});

test('encoding what is not of the schema throws: a bug, not an input', () => {
  expect(() => encode('SpanBatch', { ...batch, receivedAt: 1.5 })).toThrow();
  expect(() => encode('SpanBatch', { ...batch, receivedAt: 2 ** 53 })).toThrow();
  expect(() => encode('ClockMark', {} as never)).toThrow();
  for (const wrong of [
    { partition: 1.5 },
    { partition: 2 ** 31 },
    { offset: 0.5 },
    { offset: 2 ** 53 },
    { clock: '1' },
  ])
    expect(() => encode('ClockMark', { source: { ...source, ...wrong } } as never)).toThrow(/not an Avro/);
});

describe('error values', () => {
  const good = encode('ClockMark', { source });
  test('no header, wrong magic, unknown id, another event', () => {
    expect(reason(Buffer.alloc(0))).toMatch(/truncated/);
    expect(reason(Buffer.from([0, 0, 0, 0]))).toMatch(/truncated/);
    expect(reason(Buffer.from([1, ...good.subarray(1)]))).toMatch(/first byte 1/);
    expect(reason(Buffer.from([0, 0, 0, 0, 99, 0]))).toBe('unknown schema id 99');
    expect(reason(Buffer.from([0, 255, 255, 255, 255, 0]))).toBe('unknown schema id -1');
    expect(decodeAs('Signal', good)).toEqual({ ok: false, reason: 'expected Signal, found ClockMark' });
  });

  test('longs that a number cannot hold', () => {
    // partition 0, offset 2^53 or its neighbours in zigzag, sequence 0, clock 0.
    const withOffset = (value: bigint) => {
      const bytes = [0, 0, 0, 0, 4, 0];
      let raw = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
      for (; raw > 127n; raw >>= 7n) bytes.push(Number(raw & 127n) | 128);
      return decodeAs('ClockMark', Buffer.from([...bytes, Number(raw), 0, 0]));
    };
    const exact = [2n ** 53n - 2n, 1n - 2n ** 52n, -1n, 0n];
    for (const value of exact) {
      const decoded = withOffset(value);
      expect(decoded.ok && BigInt(decoded.value.source.offset)).toBe(value);
    }
    const inexact = [
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
      -(2n ** 53n),
      -(2n ** 52n) - 1n,
      -(2n ** 63n),
    ];
    for (const value of inexact) expect(withOffset(value)).toMatchObject({ ok: false });
  });

  test('a number of more than ten bytes, an int of more than 32 bits', () => {
    expect(reason(Buffer.from([0, 0, 0, 0, 4, ...Array(11).fill(0x80), 0]))).toMatch(/ten bytes/);
    expect(reason(Buffer.from([0, 0, 0, 0, 4, 0x80, 0x80, 0x80, 0x80, 0x20]))).toMatch(/32 bits/);
  });

  test('a string that is not UTF-8', () => {
    expect(reason(Buffer.from([0, 0, 0, 0, 1, 2, 0xff, 0, 0, 0]))).toMatch(/UTF-8/);
  });
});

describe('the check of hostile counts', () => {
  const longs = compileCheck({ type: 'array', items: 'long' });
  const nothing = compileCheck({ type: 'array', items: 'null' });
  const map = compileCheck({ type: 'map', values: 'int' });
  const bytes = (...values: number[]) => Uint8Array.from(values);

  test('counts that the bytes cannot back', () => {
    expect(longs(bytes(4, 2, 2, 0), 0)).toBeUndefined();
    expect(longs(bytes(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 2, 0), 0)).toMatch(/count/);
    // A negative count of 2^40 with a block size of 1.
    expect(longs(bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 2, 2, 0), 0)).toMatch(/count/);
    expect(nothing(bytes(6, 1, 1, 1, 0), 0)).toMatch(/without bytes/);
  });

  test('block sizes must be true', () => {
    expect(longs(bytes(3, 4, 2, 2, 0), 0)).toBeUndefined();
    expect(longs(bytes(3, 2, 2, 2, 0), 0)).toMatch(/size/);
    expect(longs(bytes(3, 100, 2, 2, 0), 0)).toMatch(/longer/);
  });

  test('maps, unions, enums and booleans', () => {
    expect(map(bytes(2, 2, 0x61, 4, 0), 0)).toBeUndefined();
    expect(map(bytes(2, 2, 0xff, 4, 0), 0)).toMatch(/UTF-8/);
    const union = compileCheck(['null', 'boolean']);
    expect(union(bytes(2, 1), 0)).toBeUndefined();
    expect(union(bytes(2, 2), 0)).toMatch(/boolean/);
    expect(union(bytes(4, 1), 0)).toMatch(/union/);
    expect(union(bytes(1), 0)).toMatch(/union/);
    const kind = compileCheck({ type: 'enum', name: 'E', symbols: ['a', 'b'] });
    expect(kind(bytes(2), 0)).toBeUndefined();
    expect(kind(bytes(4), 0)).toMatch(/symbol of E/);
  });

  test('a recursive type is followed only so deep', () => {
    const tree = compileCheck({
      type: 'record',
      name: 'T',
      fields: [{ name: 'next', type: ['null', 'T'] }],
    });
    expect(tree(bytes(2, 2, 0), 0)).toBeUndefined();
    expect(tree(new Uint8Array(1e6).fill(2), 0)).toMatch(/deep/);
    expect(tree(bytes(2, 2, 0), 0)).toBeUndefined();
  });
});
