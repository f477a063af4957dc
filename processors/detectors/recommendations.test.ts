import { describe, expect, test } from 'vitest';
import type { Fact, Finding } from '#schemas/events.ts';
import type { TestSpan } from '../trace/testkit.ts';
import { analysed } from './analysed.testkit.ts';
import { FORMULAS, formulaOf, numbersIn, unexplained } from './recommendations.testkit.ts';
import { DETECTORS } from './registry.ts';
import { layeredTrace } from './retries/layers.testkit.ts';
import { chainTrace, fanoutTrace, Pool, planned, retryTrace, streamTrace, workflow } from './testkit.ts';

const uneven = (call: number) => 40 + ((call * 37) % 100);
const failures = (calls: number, times: number, code?: number): TestSpan[] =>
  fanoutTrace({
    fanout: 40,
    concurrency: 40,
    retries: { fails: (call, attempt) => call < calls && attempt < times, max: 3 },
  }).map((span) =>
    span.error && code !== undefined
      ? { ...span, attributes: { ...span.attributes, 'http.response.status_code': code } }
      : span,
  );

const TRACES: Record<string, readonly TestSpan[]> = {
  'a fan-out': fanoutTrace(),
  'a wide one of uneven calls': fanoutTrace({ fanout: 157, concurrency: 9, delay: uneven }),
  'one slot': fanoutTrace({ fanout: 30, concurrency: 1 }),
  'a fan-out with a straggler': fanoutTrace({ delay: (call) => (call === 9 ? 4000 : 80) }),
  'calls of a few ms': fanoutTrace({ fanout: 901, concurrency: 7, delay: 3.3 }),
  'a chain': chainTrace(),
  'an odd chain of uneven steps': chainTrace({ depth: 41, delay: (step) => 78 + (step % 3) * 10 }),
  'a long chain': chainTrace({ depth: 201 }),
  retries: retryTrace(0.1),
  'many retries': retryTrace(0.4, { fanout: 57 }),
  'a callee that is down': fanoutTrace({ retries: { fails: () => true, max: 3 } }),
  'some give up': fanoutTrace({ retries: { fails: (call) => call % 4 === 0, max: 1 } }),
  'layers that multiply': layeredTrace({ work: 3, agents: 3, tools: 3 }),
  'layers down to the client': layeredTrace({ work: 6, agents: 2, tools: 2, requests: 3, heals: true }),
  'a starved stream': streamTrace(),
  'a stream on few slots': streamTrace({ slots: 3, background: 40 }),
  'a stream on two slots': streamTrace({ slots: 2, background: 30 }),
};

const crowd = (width: number, delay: number) =>
  workflow((s, root) => planned(s, root, { fanout: width, pool: new Pool(1000), delay, workers: false }));

/** Traces of one window, with the second at which each ends. */
const WINDOWS: Record<string, readonly (readonly [number, readonly TestSpan[]])[]> = {
  'crowded calls are slow': [
    ...Array.from({ length: 12 }, (_, i) => [i, crowd(1, 50)] as const),
    [20, crowd(14, 317)],
  ],
  'a few retries each': Array.from({ length: 9 }, (_, i) => [i, failures(3, 1)] as const),
  'a storm that outlives its trigger': [
    ...[1, 2, 3].map((at) => [at, failures(9, 1, 500)] as const),
    ...Array.from({ length: 27 }, (_, i) => [5 + 2 * i, failures(11, 2, 503)] as const),
  ],
  'layers in many traces': Array.from(
    { length: 8 },
    (_, i) => [i, layeredTrace({ work: 2, agents: 2, tools: 2 })] as const,
  ),
  'streams that share unevenly': [
    ...[0, 1].map((at) => [at, streamTrace({ background: 0 })] as const),
    ...[2, 3, 4, 5].map((at) => [at, streamTrace({ background: 900 })] as const),
  ],
};

/** What a window shows, by the detectors' own facts. */
function inWindow(traces: (typeof WINDOWS)[string]): Finding[] {
  const signals = traces.flatMap(([second, spans], i) =>
    analysed(spans).signals.map((signal) => ({ ...signal, second, traceId: String(i).padStart(4, '0') })),
  );
  const bySignal = Map.groupBy(signals, ({ scope, agent, operation }) =>
    JSON.stringify([scope, agent, operation]),
  );
  return DETECTORS.flatMap((detector) =>
    [...bySignal.values()].flatMap((group) => {
      const own = (facts: readonly Fact[]) => facts.filter(({ kind }) => kind === detector.kind);
      const window = {
        tenant: 'default',
        scope: group[0].scope,
        agent: group[0].agent,
        operation: group[0].operation,
        startMs: 0,
        endMs: 60_000,
        traces: group.map(({ traceId, second, facts }) => ({
          traceId,
          eventTime: second * 1000,
          facts: own(facts),
        })),
      };
      return detector.inWindow?.(window, detector.config.parse({})) ?? [];
    }),
  );
}

const FOUND: readonly (readonly [string, readonly Finding[]])[] = [
  ...Object.entries(TRACES).map(([name, spans]) => [name, analysed(spans).findings] as const),
  ...Object.entries(WINDOWS).map(([name, traces]) => [name, inWindow(traces)] as const),
];

test.each(FOUND)('%s: every number of the advice follows from the evidence', (_, findings) => {
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.flatMap(unexplained)).toEqual([]);
});

test('there are formulas for the four of design §5, and each was needed', () => {
  const kinds = ['blocking_chain', 'fanout_collapse', 'retry_storm', 'starvation'];
  expect(Object.keys(FORMULAS).sort()).toEqual(kinds);
  expect(DETECTORS.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
  const used = new Set(
    FOUND.flatMap(([, findings]) => findings).flatMap((finding) =>
      finding.recommendations.map(
        (advice) => `${finding.kind} ${advice.action} ${formulaOf(finding, advice)}`,
      ),
    ),
  );
  const known = Object.entries(FORMULAS).flatMap(([kind, actions]) =>
    Object.entries(actions).flatMap(([action, each]) => each.map((_, i) => `${kind} ${action} ${i}`)),
  );
  expect([...used].sort()).toEqual(known.sort());
});

describe('the check itself', () => {
  const [finding] = analysed(fanoutTrace()).findings;
  const saying = (text: string, kind = finding.kind): Finding => ({
    ...finding,
    kind,
    recommendations: [{ action: 'add_capacity', text }],
  });
  const { text } = finding.recommendations.find(({ action }) => action === 'add_capacity')!;
  test.each([
    ['a number that is off by one', text.replace('410 ms', '411 ms')],
    ['another unit', text.replace('410 ms', '410 s')],
    ['a number more', `${text} That is 2 times as fast.`],
    ['two numbers in each other’s place', text.replace('20 to 100', '100 to 20')],
    ['a number less', text.replace('from 20', 'further')],
  ])('finds %s', (_, wrong) => {
    expect(wrong).not.toBe(text);
    expect(unexplained(saying(wrong))).toHaveLength(1);
  });
  test('finds advice of a kind without a formula', () => {
    const other = { ...finding, recommendations: [{ action: 'pray', text: 'At most 7 times.' }] };
    expect(unexplained(other)).toHaveLength(1);
  });
  test('a detector without formulas may name its evidence, and nothing else', () => {
    expect(unexplained(saying('20 of 100 in 82 ms', 'new_one'))).toEqual([]);
    expect(unexplained(saying('20 of 101 in 82 ms', 'new_one'))).toHaveLength(1);
  });
  test('reads numbers as texts write them', () => {
    expect(
      numbersIn('2,140 ms, 67 %, 1.25 times, 20.1 s, 4').map(({ value, unit }) => [value, unit]),
    ).toEqual([
      [2140, 'ms'],
      [67, '%'],
      [1.25, ''],
      [20_100, 'ms'],
      [4, ''],
    ]);
  });
});
