import { describe, expect, test } from 'vitest';
import { attribute } from './attribute.ts';
import type { Comparison, Sample, Share } from './sample.ts';
import { edge, NONE, noise, sample, share } from './testing.ts';

const HOSTS = ['host-1', 'host-2', 'host-3', 'host-4'];
/** Evenly, but in no order that goes with anything else. */
const hostOf = (i: number) => HOSTS[(i * 7 + (i >> 2)) % 4];
const timeOf = (base: number, i: number) => base * (1 + 0.2 * noise(i));

/** Traces with one call of search; `ms` says how long it takes where. */
const searches = (n: number, ms: (host: string, i: number) => number, from = 0): Sample =>
  sample(n, (i) => {
    const host = hostOf(i);
    return [share('plan', 20), share('search', timeOf(ms(host, i), i + from), { instance: host })];
  });
const normal = searches(200, () => 100);
const first = (compared: Comparison) => attribute(compared).causes[0];

/** Those slower than `ms`, and the others. */
function cut(all: Sample, ms: number): { set: Sample; rest: Sample } {
  const isSlow = ({ shares }: { readonly shares: readonly Share[] }) =>
    shares.reduce((sum, { pathNs }) => sum + pathNs, 0) >= ms * 1e6;
  const [set, rest] = [all.traces.filter(isSlow), all.traces.filter((trace) => !isSlow(trace))];
  return { set: { traces: set, total: set.length }, rest: { traces: rest, total: rest.length } };
}

describe('one slow host', () => {
  test('is named, and not the operation: among the traces of the same time', () => {
    const cause = first(
      cut(
        searches(200, (host) => (host === 'host-3' ? 800 : 100)),
        400,
      ),
    );
    expect(cause).toMatchObject({ kind: 'instance', operation: 'search', slowInstances: ['host-3'] });
    expect(cause.text).toMatch(
      /Only host-3 is slow: \d+ ms a span on host-3 against \d+ ms on the other 3; of the 50 traces that it was slow in 50 ran there, with 25 % of its load\.$/,
    );
    expect(
      attribute(
        cut(
          searches(200, (host) => (host === 'host-3' ? 800 : 100)),
          400,
        ),
      ).instances,
    ).toEqual([{ instance: 'host-3', causes: 1, extraMs: cause.extraMs, share: cause.share }]);
  });

  test('against another time, with all traces of now', () => {
    const now = searches(100, (host) => (host === 'host-3' ? 300 : 100), 500);
    expect(first({ set: now, rest: NONE, before: normal })).toMatchObject({
      ...{ kind: 'instance', slowInstances: ['host-3'] },
    });
  });

  test('that is new', () => {
    const now = sample(100, (i) => {
      const host = i % 5 === 0 ? 'host-9' : hostOf(i);
      return [
        share('plan', 20),
        share('search', timeOf(host === 'host-9' ? 600 : 100, i), { instance: host }),
      ];
    });
    const cause = first({ set: now, rest: NONE, before: normal });
    expect(cause).toMatchObject({ kind: 'instance', slowInstances: ['host-9'], isNew: false });
    expect(cause.byInstance[0]).toMatchObject({ instance: 'host-9', load: 0.2, baselineMsPerSpan: null });
  });

  test('for every operation on it', () => {
    const all = sample(200, (i) => {
      const instance = hostOf(i);
      const times = instance === 'host-2' ? 6 : 1;
      return ['search', 'rank', 'store'].map((name, op) =>
        share(name, timeOf(50 * (op + 1) * times, i * 3 + op), { instance }),
      );
    });
    const found = attribute(cut(all, 600));
    expect(found.causes.map(({ slowInstances }) => slowInstances)).toEqual([
      ['host-2'],
      ['host-2'],
      ['host-2'],
    ]);
    expect(found.instances).toMatchObject([{ instance: 'host-2', causes: 3 }]);
    expect(found.instances[0].share).toBeCloseTo(1, 9);
    expect(found.summary).toMatch(/100 % of the extra time is 3 operations on host-2\.$/);
  });

  test('two of ten', () => {
    const all = sample(400, (i) => {
      const at = (i * 7 + (i >> 3)) % 10;
      return [share('search', timeOf(at === 4 || at === 7 ? 700 : 100, i), { instance: `h${at}` })];
    });
    const cause = first(cut(all, 400));
    expect(cause.slowInstances).toEqual(['h4', 'h7']);
    expect(cause.text).toMatch(/Only h4 and h7 are slow: .* on h\d and .* on the other 8; /);
  });

  test('at the end of a slow way: the way is named, and to whom', () => {
    const all = sample(200, (i) => {
      const instance = hostOf(i);
      return [
        share('search', timeOf(100, i), { instance }),
        edge('search', timeOf(instance === 'host-1' ? 500 : 5, i + 1000), { instance }),
      ];
    });
    const cause = first(cut(all, 300));
    expect(cause).toMatchObject({ kind: 'edge', slowInstances: ['host-1'] });
  });

  test('with several calls a trace, on any host each', () => {
    const all = sample(300, (i) =>
      HOSTS.map((instance, at) => {
        const calls = 1 + ((i + at) % 2);
        const each = timeOf(instance === 'host-4' ? (i % 10 === 0 ? 900 : 100) : 100, i * 4 + at);
        return share('search', each * calls, { instance, spans: calls });
      }),
    );
    expect(first(cut(all, 1000))).toMatchObject({ kind: 'instance', slowInstances: ['host-4'] });
  });
});

describe('the operation, and no host', () => {
  test('all are slower: more load on each', () => {
    const cause = first({ set: searches(100, () => 300, 500), rest: NONE, before: normal });
    expect(cause).toMatchObject({ kind: 'operation', slowInstances: [] });
    expect(cause.text).toMatch(/No instance stands out among its 4\.$/);
  });

  test('all are slower, one of them more', () => {
    const now = searches(100, (host) => (host === 'host-3' ? 360 : 280), 500);
    expect(first({ set: now, rest: NONE, before: normal }).slowInstances).toEqual([]);
  });

  test('one was always slower, and all take twice as long now', () => {
    const of = (times: number, from: number) =>
      searches(200, (host) => times * (host === 'host-3' ? 300 : 100), from);
    expect(first({ set: of(2, 500), rest: NONE, before: of(1, 0) }).slowInstances).toEqual([]);
  });

  test('one was always slower, and more of the load runs there now', () => {
    const of = (part: number) =>
      sample(200, (i) => {
        const host = (i * 37) % 100 < part ? 'host-3' : 'host-1';
        return [share('search', timeOf(host === 'host-3' ? 300 : 100, i), { instance: host })];
      });
    const cause = first({ set: of(80), rest: NONE, before: of(20) });
    expect(cause).toMatchObject({ kind: 'operation', slowInstances: [] });
    expect(cause.text).toMatch(
      /More of it runs on host-3 now, 80 % against 20 %, where a span took \d+ ms before too\.$/,
    );
  });

  test('slow now and then, on any host', () => {
    const all = searches(300, (_host, i) => ((i * 13) % 29 === 0 ? 800 : 100));
    expect(first(cut(all, 400))).toMatchObject({ kind: 'operation', slowInstances: [] });
  });

  test('slow on the host that has most of the load', () => {
    const all = sample(300, (i) => {
      const instance = i % 10 === 0 ? 'small' : 'big';
      return [share('search', timeOf((i * 13) % 29 === 0 ? 800 : 100, i), { instance })];
    });
    expect(first(cut(all, 400)).slowInstances).toEqual([]);
  });

  test('few slow traces that happen to be on one host of two', () => {
    const all = sample(100, (i) => {
      const instance = i % 2 === 0 ? 'a' : 'b';
      return [share('search', i < 12 && instance === 'a' ? 800 : timeOf(100, i), { instance })];
    });
    const { set, rest } = cut(all, 400);
    expect(set.traces.length).toBe(6);
    expect(first({ set, rest }).slowInstances).toEqual([]);
  });

  test('it runs on one instance alone', () => {
    const all = sample(100, (i) => [share('search', i % 10 === 0 ? 800 : 100, { instance: 'only' })]);
    const cause = first(cut(all, 400));
    expect(cause.slowInstances).toEqual([]);
    expect(cause.text).toMatch(
      /It runs on only alone: whether it or that instance is slow cannot be told\.$/,
    );
  });

  test('the resources name none', () => {
    const all = sample(100, (i) => [share('search', i % 10 === 0 ? 800 : 100)]);
    const cause = first(cut(all, 400));
    expect([cause.slowInstances, cause.byInstance]).toEqual([[], []]);
    expect(cause.text).not.toMatch(/instance/);
  });

  test('more calls on every host', () => {
    const now = sample(100, (i) => [
      share('plan', 20),
      share('search', 5 * timeOf(100, i), { instance: hostOf(i), spans: 5 }),
    ]);
    const cause = first({ set: now, rest: NONE, before: normal });
    expect(cause).toMatchObject({ kind: 'operation', slowInstances: [] });
    expect(cause.moreMs / cause.extraMs).toBeCloseTo(1, 1);
  });
});

describe('an instance for each run', () => {
  /** A pod for every `runs` traces in turn; slow traces are `slow`. */
  const pods = (n: number, runs: number, slow: (i: number) => boolean) =>
    sample(n, (i) => [
      share('plan', 20),
      share('search', timeOf(slow(i) ? 500 : 100, i), { instance: `pod-${Math.floor(i / runs)}` }),
    ]);

  test.each([20, 50, 300])('%i slow of a thousand: the operation', (slow) => {
    const { set, rest } = cut(
      pods(1000, 1, (i) => i < slow),
      300,
    );
    const { causes, instances, summary } = attribute({ set, rest });
    expect(causes[0]).toMatchObject({ kind: 'operation', operation: 'search', slowInstances: [] });
    expect(causes[0].text).toMatch(
      /Its 1,000 instances have so few traces each that none could stand out\.$/,
    );
    expect(instances).toEqual([]);
    expect(summary).not.toMatch(/pod/);
  });

  test('against another time', () => {
    const set = pods(300, 1, () => true);
    const before = pods(300, 1, () => false);
    expect(first({ set, rest: NONE, before })).toMatchObject({
      ...{ kind: 'operation', slowInstances: [], movedTo: null },
    });
  });

  test('or for several runs, slow now and then: hits that were looked for prove nothing', () => {
    for (const runs of [2, 5, 8, 12]) {
      const { set, rest } = cut(
        pods(1200, runs, (i) => (i * 7919) % 1201 < 60),
        300,
      );
      expect(set.traces.length).toBeGreaterThan(50);
      expect(first({ set, rest })).toMatchObject({ kind: 'operation', slowInstances: [] });
    }
  });

  test('one pod among them that is slow in all of its many runs is named', () => {
    const { set, rest } = cut(
      sample(1000, (i) => {
        const bad = i % 40 === 3;
        return [share('search', timeOf(bad ? 500 : 100, i), { instance: bad ? 'bad' : `pod-${i}` })];
      }),
      300,
    );
    const cause = first({ set, rest });
    expect(cause).toMatchObject({ kind: 'instance', slowInstances: ['bad'], moreSlowInstances: 0 });
    expect(cause.text).toMatch(/Only bad is slow: .* on the other 975; of the 25 traces/);
  });

  test('two slow traces on a pod of many are no sign of it', () => {
    const { set, rest } = cut(
      pods(1000, 10, (i) => i % 10 < 2 && i < 60),
      300,
    );
    expect(set.traces.length).toBe(12);
    expect(first({ set, rest }).slowInstances).toEqual([]);
  });
});

test('of many slow instances five are named and the others counted; of all ten are listed', () => {
  const all = sample(1000, (i) => {
    const at = (i * 7 + (i >> 5)) % 50;
    return [share('search', timeOf(at < 12 ? 700 : 100, i), { instance: `h${at}` })];
  });
  const { causes, instances } = attribute(cut(all, 400));
  const [cause] = causes;
  expect([cause.slowInstances.length, cause.moreSlowInstances]).toEqual([5, instances.length - 5]);
  expect(instances.length).toBeGreaterThan(8);
  expect([cause.byInstance.length, cause.moreInstances]).toEqual([10, 40]);
  expect(instances.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(cause.share, 9);
  expect(cause.text).toMatch(
    new RegExp(`and ${instances.length - 5} more are slow: 7\\d\\d ms a span there against `),
  );
});

test('a part of the rest stands for all of it: its load counts in full', () => {
  // Of 5,000 quick traces 50 were looked at, of which host-3 has a quarter; all 20 slow ones ran there.
  const rest = { ...searches(50, () => 100), total: 5000 };
  const set = sample(20, () => [share('plan', 20), share('search', 800, { instance: 'host-3' })]);
  const cause = first({ set, rest });
  expect(cause.slowInstances).toEqual(['host-3']);
  expect(cause.byInstance.find(({ instance }) => instance === 'host-3')?.load).toBeCloseTo(0.25, 1);
});
