import { beforeAll, describe, expect, test } from 'vitest';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { Chance } from '../chance.ts';
import { generated, START, spansOf } from '../testing.ts';
import { type Export, readDeliveries, writeDeliveries } from './deliveries.ts';
import { arrive, PROFILES } from './profiles.ts';
import {
  CLOCK_OFFSET_MS,
  late,
  lost,
  reopened,
  shuffled,
  skewed,
  TOOL_SKEW_MS,
  twice,
  type Way,
} from './ways.ts';

let exports: readonly Export[];
beforeAll(async () => {
  ({ exports } = await generated({ scenario: 'fanout', fanout: 60 }));
});

const by = (way: Way, seed = 1) => writeDeliveries(way(readDeliveries(exports), new Chance(seed)));
const ids = (of: readonly Export[]) => spansOf(of).map(({ id }) => id);
const sorted = (of: readonly string[]) => [...of].sort();
const lastOf = (of: readonly Export[]) => Math.max(...of.map(({ atUnixMs }) => atUnixMs));
const inMs = (ns: bigint) => Number(ns) / 1e6;

describe.each(PROFILES)('$name', (profile) => {
  test('the same chance gives the same bytes, another one others', () => {
    const bytes = (seed: number) =>
      arrive(exports, profile, new Chance(seed)).map(({ atUnixMs, otlp }) => [
        atUnixMs,
        Buffer.from(otlp).toString('base64'),
      ]);
    expect(bytes(1)).toEqual(bytes(1));
    if (profile.ways.length > 0) expect(bytes(1)).not.toEqual(bytes(2));
  });

  test('nothing is made up, and only where spans are lost any is missing', () => {
    const before = new Set(ids(exports));
    const after = new Set(ids(arrive(exports, profile, new Chance(3))));
    expect([...after].filter((id) => !before.has(id))).toEqual([]);
    if (!profile.lossy) expect(after.size).toBe(before.size);
  });
});

test('read and written again, spans and arrivals are as before', () => {
  expect(spansOf(writeDeliveries(readDeliveries(exports)))).toEqual(spansOf(exports));
});

test('about one span in a hundred is lost', () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);
  const gone = seeds.reduce((sum, seed) => sum + ids(exports).length - ids(by(lost, seed)).length, 0);
  const share = gone / (seeds.length * ids(exports).length);
  expect(share).toBeGreaterThan(0.007);
  expect(share).toBeLessThan(0.013);
});

test('clocks are off by one amount for each service, and arrivals stay', () => {
  const before = new Map(spansOf(exports).map((span) => [span.id, span]));
  const shifts = spansOf(by(skewed)).map((span) => {
    const was = before.get(span.id)!;
    expect(span.atUnixMs).toBe(was.atUnixMs);
    expect(span.end - span.start).toBe(was.end - was.start);
    return inMs(span.start - was.start);
  });
  const amounts = [...new Set(shifts)];
  expect(amounts.length).toBe(2);
  expect(Math.abs(amounts[0] - amounts[1])).toBeLessThanOrEqual(TOOL_SKEW_MS);
  for (const amount of amounts) expect(Math.abs(amount)).toBeLessThanOrEqual(CLOCK_OFFSET_MS + TOOL_SKEW_MS);
});

const batches = (of: readonly Export[]) =>
  of.map(({ atUnixMs, spanCount, otlp }) => ({
    partition: 0,
    batch: { tenant: 't', receivedAt: atUnixMs, spanCount, otlp },
  }));
const revisions = (of: readonly Export[]) =>
  runPipeline(batches(of), { partitions: 1 }).traces.map(({ revision, spanCount }) => [revision, spanCount]);

test('late spans come before the trace closes: one revision with all of them', () => {
  const sent = by(late);
  expect(lastOf(sent) - lastOf(exports)).toBeGreaterThan(500);
  expect(revisions(sent)).toEqual([[1, ids(exports).length]]);
});

test('spans that re-open come after it has closed: the last revision has all of them', () => {
  const found = revisions(by(reopened));
  expect(found[0][1]).toBeLessThan(ids(exports).length);
  expect(found.at(-1)).toEqual([found.length, ids(exports).length]);
  expect(found.length).toBeGreaterThanOrEqual(2);
});

test('the root is never held up', () => {
  const root = spansOf(exports).find(({ parent }) => parent === '')!;
  for (const way of [late, reopened])
    expect(spansOf(by(way)).find(({ id }) => id === root.id)!.atUnixMs).toBe(root.atUnixMs);
});

test('exports that come again hold the same spans; the trace is the same', () => {
  const sent = by(twice);
  expect(ids(sent).length).toBeGreaterThan(ids(exports).length);
  expect(sorted([...new Set(ids(sent))])).toEqual(sorted(ids(exports)));
  expect(revisions(sent).at(-1)).toEqual([1, ids(exports).length]);
});

test('small exports overtake one another within three seconds', () => {
  const sent = by(shuffled);
  expect(ids(sent)).not.toEqual(ids(exports));
  expect(sorted(ids(sent))).toEqual(sorted(ids(exports)));
  const before = new Map(spansOf(exports).map((span) => [span.id, span.atUnixMs]));
  for (const { id, atUnixMs } of spansOf(sent)) {
    expect(atUnixMs - before.get(id)!).toBeGreaterThanOrEqual(0);
    expect(atUnixMs - before.get(id)!).toBeLessThanOrEqual(3_000);
  }
  expect(Math.min(...sent.map(({ atUnixMs }) => atUnixMs))).toBeGreaterThan(START);
});
