import { expect, test } from 'vitest';
import { errorsOf, percentile, summarise } from './summary.ts';
import type { Played } from './workflow.ts';

const run = (scenario: string, latencyMs: number, error?: string): Played => ({
  scenario,
  latencyMs,
  error,
  planted: [],
});

test('percentiles are of the nearest rank: always a value that was there', () => {
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100];
  expect([0, 0.05, 0.5, 0.51, 0.9, 0.91, 0.99, 1].map((share) => percentile(ten, share))).toEqual([
    1, 1, 5, 6, 9, 100, 100, 100,
  ]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeUndefined();
});

test('a hundred runs: p50, p95 and p99 are the 50th, 95th and 99th', () => {
  const runs = Array.from({ length: 100 }, (_, i) => run('rag', 100 - i));
  expect(summarise(runs)[0]).toEqual({
    scenario: 'rag',
    runs: 100,
    errors: 0,
    p50: 50,
    p95: 95,
    p99: 99,
    max: 100,
  });
});

test('failed runs are counted, and their latency is left out', () => {
  const [line] = summarise([run('rag', 10), run('rag', 1, 'HTTP 502'), run('rag', 9_000, 'ECONNREFUSED')]);
  expect(line).toMatchObject({ runs: 3, errors: 2, p50: 10, max: 10 });
  expect(summarise([run('rag', 1, 'HTTP 502')])[0].p50).toBeUndefined();
});

test('scenarios come by name, all of them last', () => {
  const lines = summarise([run('rag', 1), run('chain', 30), run('rag', 2)]);
  expect(lines.map(({ scenario, runs, max }) => [scenario, runs, max])).toEqual([
    ['chain', 1, 30],
    ['rag', 2, 2],
    ['all', 3, 30],
  ]);
});

test('latencies are told to a tenth of a millisecond', () => {
  expect(summarise([run('rag', 12.3456)])[0].p50).toBe(12.3);
});

test('errors are counted, the most frequent first', () => {
  const runs = [run('a', 1, 'x'), run('a', 1), run('b', 1, 'y'), run('b', 1, 'y')];
  expect(errorsOf(runs)).toEqual([
    ['y', 2],
    ['x', 1],
  ]);
  expect(errorsOf([run('a', 1)])).toEqual([]);
});
