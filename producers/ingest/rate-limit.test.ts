import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteRate } from './rate-limit.ts';

function rate(bytesPerSecond: number) {
  const clock = { now: 1_700_000_000_000 };
  return { clock, rate: new ByteRate(bytesPerSecond, () => clock.now) };
}

test('a second’s worth at once; then 429, which says when', () => {
  const { clock, rate: limit } = rate(1_000);
  expect(limit.take('a', 600)).toBeUndefined();
  expect(limit.take('a', 400)).toBeUndefined();
  expect(limit.take('a', 0)).toEqual({
    status: 429,
    message: 'this tenant may send 1000 bytes a second, decompressed',
    retryAfter: 1,
  });
  clock.now += 999;
  expect(limit.take('a', 1)).toBeUndefined();
});

test('a body larger than a second’s worth passes and is paid for afterwards; whoever waits as told gets in', () => {
  const { clock, rate: limit } = rate(1_000);
  expect(limit.take('a', 5_000)).toBeUndefined();
  const refusal = limit.take('a', 1);
  expect(refusal?.retryAfter).toBe(5);
  clock.now += 4_000;
  expect(limit.take('a', 1)?.retryAfter).toBe(1);
  clock.now += 1_000;
  expect(limit.take('a', 1)).toBeUndefined();
});

test('what one tenant sends is not another’s', () => {
  const { rate: limit } = rate(10);
  expect(limit.take('a', 10)).toBeUndefined();
  expect(limit.take('a', 10)?.status).toBe(429);
  expect(limit.take('b', 10)).toBeUndefined();
});

test('0 is no limit', () => {
  const { rate: limit } = rate(0);
  for (let i = 0; i < 10; i++) expect(limit.take('a', 1e12)).toBeUndefined();
});

test('a clock that is set back', () => {
  const { clock, rate: limit } = rate(1_000);
  expect(limit.take('a', 1_000)).toBeUndefined();
  clock.now -= 60_000;
  expect(limit.take('a', 1)?.retryAfter).toBe(1);
  clock.now += 1_000;
  expect(limit.take('a', 1)).toBeUndefined();
});

test('over any time no tenant gets more than the limit, one second’s worth and its last body', () => {
  const step = fc.record({ after: fc.nat({ max: 3_000 }), bytes: fc.integer({ min: 1, max: 5_000 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.array(step, { maxLength: 60 }), (perSecond, steps) => {
      const { clock, rate: limit } = rate(perSecond);
      const start = clock.now;
      let passed = 0;
      let last = 0;
      for (const { after, bytes } of steps) {
        clock.now += after;
        if (limit.take('a', bytes) !== undefined) continue;
        passed += bytes;
        last = bytes;
        const allowed = perSecond * (1 + (clock.now - start) / 1000) + last;
        expect(passed).toBeLessThanOrEqual(allowed + 1e-6 * allowed);
      }
    }),
  );
});
