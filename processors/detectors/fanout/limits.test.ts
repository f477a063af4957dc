/** Each threshold of a fan-out collapse: exactly at it, below it, above it. */
import { expect, test } from 'vitest';
import type { Measure } from '#schemas/events.ts';
import { analysed, measure } from '../analysed.testkit.ts';
import { detector } from '../fanout-collapse.detector.ts';
import {
  type FanoutOptions,
  fanoutTrace,
  Pool,
  type Process,
  planned,
  toolCall,
  workflow,
} from '../testkit.ts';

const severity = (options: FanoutOptions, thresholds: Record<string, number> = {}) =>
  analysed(fanoutTrace(options), { fanout_collapse: thresholds }).findings.map((each) => each.severity);

test.each<[string, FanoutOptions, Record<string, number>, string[]]>([
  ['9 wide', { fanout: 9, concurrency: 1 }, {}, []],
  ['10 wide', { fanout: 10, concurrency: 1 }, {}, ['critical']],
  ['fewer than two for each slot', { fanout: 19, concurrency: 10, delay: 300 }, { minQueueShare: 0 }, []],
  ['two for each slot', { fanout: 20, concurrency: 10, delay: 300 }, { minQueueShare: 0 }, ['warning']],
  ['waits below half of the time', { fanout: 29, concurrency: 10, delay: 118 }, {}, []],
  ['waits are half of the time', { fanout: 30, concurrency: 10, delay: 118 }, {}, ['warning']],
  ['waits above half of the time', { fanout: 31, concurrency: 10, delay: 118 }, {}, ['warning']],
  ['199.8 ms above one call', { fanout: 30, concurrency: 10, delay: 97.9 }, {}, []],
  ['200 ms above one call', { fanout: 30, concurrency: 10, delay: 98 }, {}, ['warning']],
  ['waits just below four fifths of the time', { fanout: 89, concurrency: 10, delay: 98 }, {}, ['warning']],
  ['waits are four fifths of the time', { fanout: 90, concurrency: 10, delay: 98 }, {}, ['critical']],
  ['waits above four fifths of the time', { fanout: 91, concurrency: 10, delay: 98 }, {}, ['critical']],
  ['three at a time, no workers', { fanout: 60, concurrency: 3, workers: false }, {}, []],
  ['four at a time, no workers', { fanout: 60, concurrency: 4, workers: false }, {}, ['critical']],
])('%s', (_, options, thresholds, expected) => {
  expect(severity(options, thresholds)).toEqual(expected);
});

/** Six rounds on ten slots that are empty for `gap` ms after each call. */
const slotsBack = (delay: number, gap: number) =>
  workflow(function* (s, root): Process {
    const planner = s.open({ parent: root, name: 'planner', attributes: { 'ati.role': 'planner' } });
    const pool = new Pool(10);
    const piece = function* (): Process {
      const worker = s.open({ parent: planner.id, name: 'worker' });
      yield pool;
      yield* toolCall(s, worker.id, { tool: 'search', delay });
      worker.end();
      yield gap;
      s.release(pool);
    };
    for (let i = 0; i < 60; i++) s.start(piece());
    yield 60 * delay;
    planner.end();
  });

test.each([
  ['5 ms after calls of 42 ms', 40, 5, 1],
  ['5.1 ms after calls of 42 ms', 40, 5.1, 0],
  ['a tenth of a call of 200 ms', 198, 20, 1],
  ['more than a tenth of a call of 200 ms', 198, 20.1, 0],
])('slots that are taken again %s', (_, delay, gap, expected) => {
  const findings = analysed(slotsBack(delay, gap)).findings;
  expect(findings).toHaveLength(expected);
});

test('calls that start one after another at even distances, on two slots', () => {
  // Two slots half a call apart: indistinguishable from a timer.
  const even = fanoutTrace({ fanout: 40, concurrency: 2, delay: (call) => (call === 0 ? 49 : 100) });
  expect(analysed(even).findings).toEqual([]);
  const uneven = fanoutTrace({ fanout: 40, concurrency: 2, delay: (call) => (call === 0 ? 25 : 100) });
  expect(analysed(uneven).findings.map(({ kind }) => kind)).toEqual(['fanout_collapse']);
});

const window = (alone: readonly number[], crowded: readonly number[]) => {
  const values: Measure[] = [
    ...alone.map((value) => ({ name: 'alone', value, unit: 'ms' })),
    ...crowded.map((value) => ({ name: 'crowded', value, unit: 'ms' })),
  ];
  const facts = [{ kind: 'fanout_collapse', callee: 'tool_call search', values }];
  const named = { tenant: 'default', scope: 'operation', agent: 'a', operation: 'planner' } as const;
  const traces = [{ traceId: '1', eventTime: 0, facts }];
  return detector.inWindow!({ ...named, startMs: 0, endMs: 60_000, traces }, detector.config.parse({}));
};
const times = (count: number, value: number) => Array<number>(count).fill(value);

test.each([
  ['three times as slow', times(10, 50), times(10, 150), 1],
  ['a little less', times(10, 50), times(10, 149.9), 0],
  ['nine alone', times(9, 50), times(10, 500), 0],
  ['nine crowded', times(10, 50), times(9, 500), 0],
  ['half of the crowded calls are slow', times(10, 50), [...times(5, 50), ...times(5, 900)], 0],
  ['more than half of them', times(10, 50), [...times(4, 50), ...times(6, 900)], 1],
  ['one slow call while alone', [...times(9, 50), 9000], times(10, 200), 1],
])('in a window: %s', (_, alone, crowded, expected) => {
  expect(window(alone, crowded)).toHaveLength(expected);
});

test('in a window calls of another callee do not count', () => {
  const facts = ['a', 'b'].map((callee) => ({
    kind: 'fanout_collapse',
    callee,
    values: times(10, callee === 'a' ? 50 : 500).map((value) => ({
      name: callee === 'a' ? 'alone' : 'crowded',
      value,
      unit: 'ms',
    })),
  }));
  const named = { tenant: 'default', scope: 'operation', agent: 'a', operation: 'planner' } as const;
  const traces = [{ traceId: '1', eventTime: 0, facts }];
  expect(
    detector.inWindow!({ ...named, startMs: 0, endMs: 60_000, traces }, detector.config.parse({})),
  ).toEqual([]);
});

test('calls between few and many, and failed ones, are no samples', () => {
  const facts = (width: number, fails: boolean) =>
    analysed(
      workflow((s, root) =>
        planned(s, root, {
          fanout: width,
          pool: new Pool(1000),
          ...(fails && { retries: { fails: () => true, max: 0 } }),
        }),
      ),
    ).signals.flatMap((signal) => signal.facts.filter(({ kind }) => kind === 'fanout_collapse'));
  expect(facts(5, false)).toEqual([]);
  expect(facts(12, true)).toEqual([]);
  expect(facts(12, false)[0].values).toHaveLength(12);
  expect(facts(100, false)[0].values).toHaveLength(32);
});

test('a longer queue is never the milder finding', () => {
  let before = 0;
  for (const fanout of [60, 80, 120, 180, 300]) {
    const [finding] = analysed(fanoutTrace({ fanout, delay: 120 })).findings;
    expect(measure(finding, 'queue_share')).toBeGreaterThan(before);
    before = measure(finding, 'queue_share');
  }
});
