import { describe, expect, test } from 'vitest';
import { attribute } from './attribute.ts';
import type { Share } from './sample.ts';
import { edge, NONE, noise, sample, share, wait } from './testing.ts';

/** Plan 50, the way 4, search 100, rank 30; each ± 10 %. */
const healthy = (i: number): Share[] => [
  share('plan', 50 + 5 * noise(i), { service: 'agents', role: 'planner' }),
  edge('search', 4 + 0.4 * noise(i + 1000)),
  share('search', 100 + 10 * noise(i + 2000)),
  share('rank', 30 + 3 * noise(i + 3000)),
];
const rest = sample(200, healthy);
const changed = (n: number, change: (shares: Share[], i: number) => Share[]) =>
  sample(n, (i) => change(healthy(i + 500), i));
const slower = (name: string, times: number, type = 'self') =>
  changed(20, (shares) =>
    shares.map((each) =>
      each.operation === name && each.type === type ? { ...each, pathNs: each.pathNs * times } : each,
    ),
  );
const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0);

describe('the cause', () => {
  test('is the operation that has become slower, with its numbers', () => {
    const found = attribute({ set: slower('search', 5), rest });
    expect(found.refused).toBe('');
    expect(found.causes[0]).toMatchObject({
      ...{ kind: 'operation', service: 'tools', operation: 'search', isNew: false, confidence: 'high' },
      ...{ traces: 20, baselineTraces: 200, spansPerTrace: 1, baselineSpansPerTrace: 1 },
      slowInstances: [],
    });
    expect(found.causes[0].share).toBeGreaterThan(0.97);
    expect(found.causes[0].slowerMs).toBeCloseTo(found.causes[0].extraMs, 9);
    expect(found.causes[0].text).toMatch(
      /^Search of tools took 5\d\d ms of a trace against 1\d\d ms in the baseline: \d+ % of the extra time\. Its spans are slower, not more: /,
    );
    expect(found.summary).toMatch(/% of the extra time is search of tools\.$/);
  });

  test('is the way between two healthy operations', () => {
    const found = attribute({ set: slower('search', 80, 'edge'), rest });
    expect(found.causes[0]).toMatchObject({
      ...{ kind: 'edge', callerService: 'agents', callerOperation: 'plan', operation: 'search' },
    });
    expect(found.causes[0].share).toBeGreaterThan(0.97);
    expect(found.summary).toMatch(/the way from plan of agents to search of tools\.$/);
    // Neither end of it is blamed.
    expect(found.causes.slice(1).every(({ share }) => share < 0.03)).toBe(true);
  });

  test('is an operation that calls more, not the callee that is as fast as ever', () => {
    const set = changed(20, (shares) =>
      shares.map((each) =>
        each.operation === 'search' && each.type === 'self'
          ? { ...each, spans: 4, pathNs: each.pathNs * 4 }
          : each,
      ),
    );
    const [first] = attribute({ set, rest }).causes;
    expect(first).toMatchObject({ operation: 'search', spansPerTrace: 4 });
    expect(Math.abs(first.slowerMs)).toBeLessThan(0.1 * first.moreMs);
    expect(first.moreMs + first.slowerMs).toBeCloseTo(first.extraMs, 9);
    expect(first.text).toMatch(/more.*4\.0 on the path of a trace against 1\.0/);
  });

  test('is both: more calls, and each of them slower', () => {
    const set = changed(20, (shares) =>
      shares.map((each) =>
        each.operation === 'rank' ? { ...each, spans: 3, pathNs: each.pathNs * 6 } : each,
      ),
    );
    const [first] = attribute({ set, rest }).causes;
    // From 1 × 30 to 3 × 60: (3 − 1) × 45 and (60 − 30) × 2, but for noise.
    expect(first.moreMs / first.extraMs).toBeCloseTo(0.6, 1);
    expect(first.slowerMs / first.extraMs).toBeCloseTo(0.4, 1);
    expect(first.text).toMatch(/ms since its spans are slower .* ms since they are more /);
  });

  test('is new', () => {
    const set = changed(20, (shares) => [...shares, share('moderate', 300)]);
    const [first] = attribute({ set, rest }).causes;
    expect(first).toMatchObject({
      ...{ operation: 'moderate', isNew: true, baselineMsPerSpan: null, baselineTraces: 0, traces: 20 },
      ...{ moreMs: first.extraMs, slowerMs: 0 },
    });
    expect(first.text).toMatch(/It is new: on the path of 20 of 20 traces, and of none of 200 /);
  });

  test('each of two, by what they have grown', () => {
    const set = changed(30, (shares) =>
      shares.map((each) => {
        const more = each.operation === 'plan' ? 300 : each.operation === 'rank' ? 100 : 0;
        return { ...each, pathNs: each.pathNs + more * 1e6 };
      }),
    );
    const { causes } = attribute({ set, rest });
    expect(causes.slice(0, 2).map(({ operation, share }) => [operation, share.toFixed(2)])).toEqual([
      ['plan', '0.75'],
      ['rank', '0.25'],
    ]);
  });
});

describe('no cause', () => {
  test('a person who was waited for', () => {
    const set = changed(20, (shares, i) => [
      ...shares.map((each) => (each.operation === 'rank' ? { ...each, pathNs: 150e6 } : each)),
      wait(60_000 + i),
    ]);
    const found = attribute({ set, rest });
    expect(found.causes.map(({ operation }) => operation)).not.toContain('approve');
    expect(found.causes[0]).toMatchObject({ operation: 'rank' });
    expect(found.causes[0].share).toBeGreaterThan(0.9);
    expect(found.waits).toMatchObject([{ operation: 'approve', traces: 20, baselineMeanMs: 0 }]);
    expect(found.waits[0].extraMs).toBeCloseTo(60_009.5, 3);
    expect(found.set.waitMs).toBeCloseTo(60_009.5, 3);
    // Nor does the wait make the extra time.
    expect(found.extraMs).toBeLessThan(200);
  });

  test('only a person who was waited for: it is not slower', () => {
    const set = changed(20, (shares) => [...shares, wait(60_000)]);
    expect(attribute({ set, rest })).toMatchObject({
      refused: expect.stringMatching(/^Not slower: /),
      causes: [],
    });
  });

  test('time that has moved from one to another: no part is above the whole, and what is faster is listed', () => {
    // Search leaves the path, since rank beside it now takes longer.
    const set = changed(20, (shares) =>
      shares.map((each) => {
        if (each.operation === 'search' && each.type === 'self') return { ...each, pathNs: 10e6 };
        return each.operation === 'rank' ? { ...each, pathNs: 330e6 } : each;
      }),
    );
    const found = attribute({ set, rest });
    expect(found.causes[0]).toMatchObject({ operation: 'rank' });
    expect(found.causes[0].extraMs).toBeGreaterThan(1.3 * found.extraMs);
    expect(found.causes[0].share).toBeLessThanOrEqual(1);
    expect(found.faster[0]).toMatchObject({ operation: 'search', traces: 20 });
    expect(found.faster[0].extraMs).toBeCloseTo(-90, -1);
    expect(found.grownMs - found.shrunkMs).toBeCloseTo(found.extraMs, 6);
  });

  test('an operation that is gone', () => {
    const set = changed(20, (shares) => [
      ...shares.filter(({ operation }) => operation !== 'rank'),
      share('rerank', 400),
    ]);
    const found = attribute({ set, rest });
    expect(found.causes[0]).toMatchObject({ operation: 'rerank', isNew: true });
    expect(found.faster).toContainEqual(expect.objectContaining({ operation: 'rank', traces: 0, meanMs: 0 }));
  });

  test('one odd trace (and one just above what is usual) is not certain, and comes after what all have', () => {
    const set = changed(20, (shares, i) =>
      shares.map((each) => {
        if (each.operation === 'plan') return { ...each, pathNs: each.pathNs + 200e6 };
        return each.operation === 'rank' && i === 7 ? { ...each, pathNs: 20_000e6 } : each;
      }),
    );
    const { causes } = attribute({ set, rest });
    expect(causes[0]).toMatchObject({ operation: 'plan', confidence: 'high', traces: 20 });
    const odd = causes.find(({ operation }) => operation === 'rank');
    expect(odd).toMatchObject({ confidence: 'low', traces: 2 });
    expect(odd!.extraMs).toBeGreaterThan(causes[0].extraMs);
    expect(odd!.text).toMatch(/Seen in 2 of 20 traces only\.$/);
  });

  test('the same again: it is not slower', () => {
    expect(attribute({ set: changed(100, (shares) => shares), rest: NONE, before: rest })).toMatchObject({
      refused: expect.stringMatching(/^Not slower: 18\d ms a trace against 18\d ms in the baseline/),
      causes: [],
      instances: [],
    });
  });

  test('certain, but under one percent', () => {
    const exact = (extra: number) => sample(50, () => [share('search', 100 + extra)]);
    expect(attribute({ set: exact(0.9), rest: exact(0) }).refused).toMatch(/^Not slower/);
    expect(attribute({ set: exact(1.1), rest: exact(0) }).refused).toBe('');
  });

  test('faster', () => {
    expect(attribute({ set: slower('search', 0.2), rest }).refused).toMatch(/^Not slower/);
  });
});

describe('too few', () => {
  test.each([
    [4, 200, /^Too few: 4 traces to explain, and 5 are needed\.$/],
    [0, 200, /^Too few: 0 traces to explain/],
    [5, 9, /^Too few: 9 traces to compare with, and 10 are needed\.$/],
    [5, 10, /^$/],
  ])('%i against %i', (slow, baseline, refused) => {
    const found = attribute({
      set: sample(slow, () => [share('search', 500)]),
      rest: sample(baseline, () => [share('search', 100)]),
    });
    expect(found.refused).toMatch(refused);
    expect(found.summary).not.toBe('');
    expect(found.set.traces).toBe(slow);
  });
});

describe('the numbers', () => {
  test('parts of causes and rest sum to one, whatever the limit', () => {
    const set = changed(20, (shares) => [
      ...shares,
      ...Array.from({ length: 30 }, (_, i) => share(`new ${i}`, 10 + i)),
    ]);
    for (const limit of [1, 5, 40]) {
      const { causes, rest: left, grownMs } = attribute({ set, rest }, limit);
      expect(causes.length).toBeLessThanOrEqual(limit);
      expect(sumOf(causes.map(({ share }) => share)) + (left?.share ?? 0)).toBeCloseTo(1, 9);
      expect(sumOf(causes.map(({ extraMs }) => extraMs)) + (left?.extraMs ?? 0)).toBeCloseTo(grownMs, 6);
    }
  });

  test('the order of traces and shares changes nothing', () => {
    const set = slower('search', 3);
    const turned = (of: typeof set) => ({
      ...of,
      traces: of.traces.toReversed().map((each) => ({ ...each, shares: each.shares.toReversed() })),
    });
    expect(attribute({ set: turned(set), rest: turned(rest) })).toEqual(attribute({ set, rest }));
  });

  test('of equals the first by name comes first', () => {
    const set = changed(10, (shares) => [...shares, share('b', 200), share('a', 200), share('c', 200)]);
    const names = attribute({ set, rest }).causes.map(({ operation }) => operation);
    expect(names.slice(0, 3)).toEqual(['a', 'b', 'c']);
  });

  test('a part of the set stands for all of it', () => {
    const found = attribute({ set: { ...slower('search', 5), total: 4000 }, rest });
    expect(found.set).toMatchObject({ traces: 4000, sampled: 20 });
    expect(found.summary).toMatch(/^4,000 traces/);
  });

  test('with many small growths nothing stands out', () => {
    const many = (extra: number) =>
      sample(30, (i) =>
        Array.from({ length: 10 }, (_, op) => share(`op ${op}`, 20 + extra + noise(i * 31 + op))),
      );
    expect(attribute({ set: many(10), rest: many(0) }).summary).toMatch(
      /Nothing stands out: the most is op \d of tools with 1\d %/,
    );
  });

  describe('what could be chance, but is more than what is certain', () => {
    /** Plan is always slower by `planMs`; one of four traces has a step that took `oddMs` more. */
    const found = (planMs: number, oddMs: number, others = 0) =>
      attribute({
        set: changed(8, (shares, i) => [
          ...shares.map((each) => {
            const more = each.operation === 'plan' ? planMs : each.operation === 'rank' && i < 2 ? oddMs : 0;
            return { ...each, pathNs: each.pathNs + more * 1e6 };
          }),
          ...Array.from({ length: others }, (_, at) => share(`new ${at}`, i < 2 ? oddMs : 0)),
        ]),
        rest,
      }).summary;

    test('little is certain: the sentence tells both', () => {
      expect(found(40, 800)).toMatch(
        /The most certain is plan of agents with 1\d % of the extra time\. 8\d % is rank of tools, but that could be chance\.$/,
      );
    });
    test('much is certain, and more is not', () => {
      expect(found(100, 500)).toMatch(
        / 4\d % of the extra time is plan of agents\. 5\d % is rank of tools, but that could be chance\.$/,
      );
    });
    test('more is certain: it alone', () => {
      expect(found(200, 500)).toMatch(/% of the extra time is plan of agents\.$/);
    });
    test('many, of which none is much', () => {
      expect(found(20, 100, 5)).toMatch(
        /Nothing stands out: the most certain is plan of agents with 1\d %\.$/,
      );
    });
  });

  test('of very many owners and instances, with long names: a short answer, and what it leaves out', () => {
    const long = 'n'.repeat(400);
    const many = (ms: number) =>
      sample(60, (i) =>
        Array.from({ length: 50 }, (_, at) =>
          share(`${long}${at < 10 ? at : `${i}-${at}`}`, ms + at, { instance: `${long}-${i}-${at}` }),
        ),
      );
    const found = attribute({ set: many(30), rest: many(10) }, 100);
    expect(found.causes.length).toBe(100);
    expect(JSON.stringify(found).length).toBeLessThan(200_000);
    expect(found.causes.every(({ operation }) => operation.length <= 200)).toBe(true);
    expect(found.rest?.causes).toBe(2400 + 10 - 100);
    const shares = sumOf(found.causes.map(({ share }) => share)) + (found.rest?.share ?? 0);
    expect(shares).toBeCloseTo(1, 9);
    const turned = attribute({ set: sample(60, () => [share('slow', 9000)]), rest: many(10) }, 3);
    expect([turned.faster.length, turned.more.faster]).toEqual([3, 2400 + 10 - 3]);
  });
});
