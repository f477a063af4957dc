import { expect, test } from 'vitest';
import { flat } from './flat.ts';

const bound = { perMinute: 8, least: 8 };
/** A minute of samples, two a second. */
const minute = (value: (at: number) => number) =>
  Array.from({ length: 120 }, (_, i) => ({ minute: i / 120, value: value(i / 120) }));

test('a sink that keeps what it reads is not flat; one with full buffers is', () => {
  expect(
    flat(
      'm',
      minute((at) => 150 + 40 * at),
      bound,
      'median',
    ).ok,
  ).toBe(false);
  const full = flat(
    'm',
    minute((at) => 150 + Math.sin(at * 90)),
    bound,
    'median',
  );
  expect(full).toMatchObject({ ok: true, wanted: 'at most 8 MiB/min, or 8 MiB in all' });
});

test('a heap is what it holds after collections', () => {
  const saw = (at: number) => 40 + ((at * 120) % 11);
  expect(flat('m', minute(saw), bound, 'lowest').ok).toBe(true);
  expect(
    flat(
      'm',
      minute((at) => saw(at) + 30 * at),
      bound,
      'lowest',
    ).ok,
  ).toBe(false);
});

test('of too little nothing is said', () => {
  expect(flat('m', minute(() => 1).slice(0, 5), bound, 'median')).toMatchObject({
    ok: false,
    found: 'too few samples',
  });
});
