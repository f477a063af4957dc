import { expect, test } from 'vitest';
import { LiveLine, latencyText, lineOf, type Screen, Tally } from './progress.ts';

const ended = (scenario: string, latencyMs: number, error?: string) => ({
  scenario,
  latencyMs,
  error,
  planted: [],
});

test('the line says how far, how well, and what runs now', () => {
  const tally = new Tally();
  for (const scenario of ['rag', 'dag', 'rag', 'human', 'dag', 'rag']) tally.started({ scenario });
  tally.played(ended('human', 100));
  tally.played(ended('rag', 300));
  tally.played(ended('dag', 1, 'HTTP 502'));
  expect(lineOf(tally, 12.4, 60)).toBe(
    '12 of 60 s · 3 done, 1 failed · p50 100 ms, p95 300 ms · 3 running: 2 rag, 1 dag',
  );
});

test('after the arrivals it says that it waits', () => {
  const tally = new Tally();
  tally.started({ scenario: 'chain' });
  expect(lineOf(tally, 60, 60)).toMatch(/^waiting for the last to end · .* · 1 running: 1 chain$/);
  expect(lineOf(tally, 3, 60, true)).toMatch(/^waiting /);
  tally.played(ended('chain', 5));
  expect(lineOf(tally, 61, 60)).toMatch(/ · 0 running$/);
});

test('latencies are those of the last two hundred', () => {
  const tally = new Tally();
  for (let i = 0; i < 200; i++) tally.played(ended('rag', 9_000));
  for (let i = 0; i < 200; i++) tally.played(ended('rag', 10));
  expect(tally.percentile(1)).toBe(10);
});

test.each([
  [undefined, '–'],
  [0.4, '0.4 ms'],
  [9_999, '9,999 ms'],
  [10_000, '10 s'],
])('%s is told as %s', (value, text) => {
  expect(latencyText(value)).toBe(text);
});

function screen(isTTY: boolean, columns = 40) {
  const written: string[] = [];
  const out = { isTTY, columns, write: (text: string) => written.push(text) > 0 } as unknown as Screen;
  return { out, written };
}

test('on a terminal the line is written over, and never wraps', () => {
  const { out, written } = screen(true);
  const line = new LiveLine(out);
  line.show('x'.repeat(100));
  line.show('short');
  line.end();
  expect(written).toEqual([`\r\x1b[K  ${'x'.repeat(37)}`, '\r\x1b[K  short', '\r\x1b[K']);
});

test('elsewhere every tenth is a line, without escapes', () => {
  const { out, written } = screen(false);
  const line = new LiveLine(out);
  for (let i = 0; i < 21; i++) line.show(`second ${i}`);
  line.end();
  expect(written).toEqual(['  second 0\n', '  second 10\n', '  second 20\n']);
});
