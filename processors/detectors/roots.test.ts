import { expect, test } from 'vitest';
import type { Finding } from '#schemas/events.ts';
import { analysed } from './analysed.testkit.ts';
import { markRoots } from './roots.ts';
import { fanoutTrace, retryTrace, streamTrace } from './testkit.ts';

const roots = (findings: readonly Finding[]) => findings.map(({ kind, root }) => [kind, root]).sort();

test('the default retry run queues on its own account too: two roots', () => {
  expect(roots(analysed(retryTrace(0.1)).findings)).toEqual([
    ['fanout_collapse', true],
    ['retry_storm', true],
  ]);
});

test('a fan-out most of whose load is retries is a symptom of the storm', () => {
  const spans = fanoutTrace({ retries: { fails: (_, attempt) => attempt < 2, max: 3 } });
  expect(roots(analysed(spans).findings)).toEqual([
    ['fanout_collapse', false],
    ['retry_storm', true],
  ]);
});

test('a starved stream and the fan-out that holds its slots are both roots', () => {
  expect(roots(analysed(streamTrace()).findings)).toEqual([
    ['fanout_collapse', true],
    ['starvation', true],
  ]);
});

test('a storm on another callee explains nothing', () => {
  const [fanout] = analysed(fanoutTrace()).findings;
  const storm = analysed(
    fanoutTrace({ tool: 'other', retries: { fails: () => true, max: 3 } }),
  ).findings.find(({ kind }) => kind === 'retry_storm')!;
  expect(roots(markRoots([fanout, storm]))).toEqual([
    ['fanout_collapse', true],
    ['retry_storm', true],
  ]);
});

test('nothing to decide', () => {
  expect(markRoots([])).toEqual([]);
});
