import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { declaredLength, readBody } from './body.ts';
import { ByteBudget } from './budget.ts';
import { giveBack } from './memory.ts';

const LIMIT = 1000;

function read(stream: Readable, declared: number | undefined, budget = new ByteBudget(10_000, 10_000)) {
  return readBody(stream, { declared, limit: LIMIT, reservation: budget.reservation('a') });
}
const chunks = (...sizes: number[]) => Readable.from(sizes.map((size, i) => Buffer.alloc(size, i + 1)));
const lengthOf = (result: Awaited<ReturnType<typeof read>>) =>
  result.ok ? result.value.length : result.refusal.status;

test('a declared body is read whole, in order', async () => {
  const result = await read(chunks(2, 3), 5);
  expect(result).toEqual({ ok: true, value: Buffer.from([1, 1, 2, 2, 2]) });
});

test('a body of exactly the bound is accepted, declared or not; one byte more is 413', async () => {
  expect(lengthOf(await read(chunks(500, 500), LIMIT))).toBe(1000);
  expect(lengthOf(await read(chunks(500, 500), undefined))).toBe(1000);
  expect(lengthOf(await read(chunks(500, 500, 1), undefined))).toBe(413);
  expect(lengthOf(await read(chunks(500, 500, 1), LIMIT + 1))).toBe(413);
});

test('a declared length over the bound is refused before a byte is read or reserved', async () => {
  const stream = new PassThrough();
  const budget = new ByteBudget(10, 10);
  expect(lengthOf(await read(stream, 1e15, budget))).toBe(413);
  expect(stream.listenerCount('data')).toBe(0);
});

test('a full budget refuses before a byte is read', async () => {
  const stream = new PassThrough();
  expect(lengthOf(await read(stream, 11, new ByteBudget(10, 10)))).toBe(503);
  expect(stream.listenerCount('data')).toBe(0);
});

test('a chunked body reserves as it grows', async () => {
  const budget = new ByteBudget(300, 300);
  const result = await readBody(chunks(200, 200), {
    declared: undefined,
    limit: 250,
    reservation: budget.reservation('a'),
  });
  expect(lengthOf(result)).toBe(413);
  const big = new ByteBudget((64 << 10) + 10, 1 << 20);
  const grown = await readBody(chunks(64 << 10, 1), {
    declared: undefined,
    limit: 1 << 20,
    reservation: big.reservation('a'),
  });
  expect(lengthOf(grown)).toBe(503);
});

test('a chunked body larger than the first buffer keeps its bytes', async () => {
  const sent = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
  const stream = Readable.from([
    sent.subarray(0, 70_000),
    sent.subarray(70_000, 70_001),
    sent.subarray(70_001),
  ]);
  const budget = new ByteBudget(1 << 20, 1 << 20);
  const result = await readBody(stream, {
    declared: undefined,
    limit: 1 << 20,
    reservation: budget.reservation('a'),
  });
  expect(result.ok && result.value.equals(sent)).toBe(true);
});

test('shorter or longer than declared is 400', async () => {
  expect(lengthOf(await read(chunks(4), 5))).toBe(400);
  expect(lengthOf(await read(chunks(6), 5))).toBe(400);
  expect(lengthOf(await read(chunks(), 5))).toBe(400);
});

test('a client that goes away is 400, declared or chunked, and its error is not thrown', async () => {
  for (const declared of [10, undefined]) {
    const stream = new PassThrough();
    const result = read(stream, declared);
    stream.write(Buffer.alloc(3));
    stream.destroy(new Error('ECONNRESET'));
    expect(lengthOf(await result)).toBe(400);
  }
});

test('an empty body is empty', async () => {
  expect(lengthOf(await read(chunks(), 0))).toBe(0);
  expect(lengthOf(await read(chunks(), undefined))).toBe(0);
});

test('declaredLength', async () => {
  expect(declaredLength(undefined)).toBeUndefined();
  expect(declaredLength('12')).toBe(12);
  expect(declaredLength('99999999999999999999')).toBeGreaterThan(2 ** 53);
  for (const bad of ['', '-1', '1e3', '0x10', '1, 1']) expect(declaredLength(bad)).toBeNaN();
  expect(lengthOf(await read(chunks(), Number.NaN))).toBe(400);
});

test('the chunks of a request are freed as they are read, those of another stream are not', async () => {
  const sent = () => [Buffer.alloc(2, 1), Buffer.alloc(3, 2)];
  for (const [stream, left] of [
    [new IncomingMessage(new Socket()), 0],
    [new PassThrough(), 5],
  ] as const) {
    const chunks = sent();
    for (const chunk of [...chunks, null]) stream.push(chunk);
    expect(await read(stream, 5)).toEqual({ ok: true, value: Buffer.concat(sent()) });
    expect(chunks[0].length + chunks[1].length).toBe(left);
  }
});

test('memory that was given back serves the next body, and no two bodies at once', async () => {
  const first = await read32k(1);
  giveBack(first);
  const second = await read32k(2);
  const third = await read32k(3);
  expect(second.buffer).toBe(first.buffer);
  expect(third.buffer).not.toBe(second.buffer);
  expect([second, third].map((body) => [body.length, body[0], body.at(-1)])).toEqual([
    [32_000, 2, 2],
    [32_000, 3, 3],
  ]);
});

test('a small body lies in memory of Node that others share: that is not given to the next', async () => {
  const result = await read(chunks(500), 500);
  if (!result.ok) throw new Error(result.refusal.message);
  giveBack(result.value);
  const next = await read32k(1);
  expect(next.buffer).not.toBe(result.value.buffer);
});

async function read32k(byte: number): Promise<Buffer> {
  const budget = new ByteBudget(1 << 20, 1 << 20);
  const stream = Readable.from([Buffer.alloc(32_000, byte)]);
  const result = await readBody(stream, {
    declared: 32_000,
    limit: 1 << 20,
    reservation: budget.reservation('a'),
  });
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
