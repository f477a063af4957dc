/** The checks find what they are there for. */
import { expect, test } from 'vitest';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { decodeAs, encode } from '#schemas/codec.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { generate, spansIn } from '../workload.ts';
import { compare } from './compare.ts';
import { compareSignals, readEvents } from './incidents.ts';
import { spanProblems } from './spans.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(48));
const sent = new Map([
  [a, '1 1'],
  [b, '2 2'],
]);
const row = (id: string, n = 1, times = sent.get(id) ?? '0 0') => ({ id, n: String(n), times });

test('spans: nothing to say where all is well, also of one that was stored and not acknowledged', () => {
  expect(spanProblems([row(a), row(b)], sent, new Set([a]))).toEqual([]);
});

test.each([
  ['lost', [row(a)], /^1 acknowledged spans are lost: b{32}\/b{16}$/],
  ['doubled', [row(a), row(b, 2)], /^1 spans are stored more than once: b/],
  ['invented', [row(a), row(b), row(c)], /^1 spans were never sent: c/],
  ['changed', [row(a), row(b, 1, '2 3')], /^1 spans have other times/],
])('spans: %s', (_, found, problem) => {
  expect(spanProblems(found, sent, new Set([a, b]))).toEqual([expect.stringMatching(problem)]);
});

test('events: lost, invented, changed', () => {
  const found = new Map([
    ['1', 'x'],
    ['2', 'y'],
    ['3', 'z'],
  ]);
  expect(compare('events', found, found)).toEqual([]);
  const expected = new Map([
    ['1', 'x'],
    ['2', 'other'],
    ['4', 'w'],
  ]);
  expect(compare('events', found, expected)).toEqual([
    'events: lost 1: 4',
    'events: invented 1: 3',
    'events: changed 1: 2',
  ]);
});

test('a topic: twice the same is well; a revision with two values, or before an earlier one, is not', async () => {
  const { exports, traceId } = await generate(
    { atMs: 0, workflow: 3, mesh: 'north', seed: 1 },
    1_700_000_000_000,
  );
  const partition = partitionOf(Buffer.from(traceId, 'hex'), 4);
  const batches = exports.map(({ atUnixMs, spanCount, otlp }) => ({
    partition,
    batch: { tenant: 'default', receivedAt: atUnixMs, spanCount, otlp },
  }));
  const { incidentBytes: log } = runPipeline(batches);
  expect(log.length).toBeGreaterThan(1);
  expect(readEvents([[...log, ...log]])).toMatchObject({ problems: [], events: { size: log.length } });
  expect(readEvents([log.toReversed()]).problems).not.toEqual([]);
  const event = decodeAs('IncidentEvent', log[0]);
  if (!event.ok) throw new Error(event.reason);
  const other = encode('IncidentEvent', { ...event.value, title: 'another' });
  expect(readEvents([[...log, other]]).problems).toEqual([expect.stringMatching(/has two values/)]);
});

test('signals: of what is committed each is due; of what is not, it may be there, and nothing else', () => {
  const mark = (offset: number) =>
    encode('ClockMark', { source: { partition: 1, offset, sequence: 0, clock: 1_000 + offset } });
  const expected = [[mark(0), mark(1), mark(2)]];
  const done = new Map([[1, 2]]);
  const problems = (...found: Uint8Array[]) => compareSignals([found], expected, done);
  expect(problems(mark(0), mark(1))).toEqual([]);
  expect(problems(mark(0), mark(0), mark(2), mark(1))).toEqual([]);
  expect(problems(mark(0), mark(2))).toEqual([expect.stringMatching(/lost 1/)]);
  expect(problems(mark(0), mark(1), mark(3))).toEqual([expect.stringMatching(/invented 1/)]);
});

test('the workload: every span of a run has an id of its own, and its times', async () => {
  const run = await generate({ atMs: 0, workflow: 0, mesh: 'north', seed: 1 }, 1_700_000_000_000);
  const spans = new Map(run.exports.flatMap(({ otlp }) => [...spansIn(otlp)]));
  expect(spans.size).toBe(run.spanCount);
  expect([...spans.values()].every((times) => /^17000000\d{11} \d+$/.test(times))).toBe(true);
});
