/** Storms that no single trace shows, through both stages: they open after 2 of 3 windows that start 60 s apart. */
import { describe, expect, test } from 'vitest';
import { exportsOf, merged } from '../../testing/exports.ts';
import { runPipeline } from '../../testing/pipeline.ts';
import type { TestSpan } from '../../trace/testkit.ts';
import { findingsOf } from '../analysed.testkit.ts';
import { fanoutTrace } from '../testkit.ts';
import { layeredTrace } from './layers.testkit.ts';

const START = 1_700_000_040_000; // a minute's start
const PARTITIONS = 2;

/** `failing` of `calls` fail once and are tried again. */
const trace = (failing: number, calls: number) =>
  fanoutTrace({
    fanout: calls,
    concurrency: calls,
    retries: { fails: (call, attempt) => call < failing && attempt === 0, max: 3 },
  });

/** Incidents of one trace at each of these seconds. */
function incidentsOf(spans: readonly TestSpan[], seconds: readonly number[]) {
  expect(findingsOf('retry_storm', spans), 'no trace alone is a storm').toEqual([]);
  const batches = merged(
    ...seconds.map((second) =>
      exportsOf(spans, { trace: String(second), startMs: START + second * 1000, partitions: PARTITIONS }),
    ),
  );
  return runPipeline(batches, { partitions: PARTITIONS }).incidents;
}
const every = (step: number, from: number, to: number) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
const opened = (incidents: ReturnType<typeof incidentsOf>) =>
  incidents
    .filter(({ event }) => event === 'opened')
    .map(({ kind, agent, signature }) => [kind, agent, signature]);

const STORM = [['retry_storm', 'researcher', 'tool_call search']];

describe('opens', () => {
  test('four retried calls in each of many traces: once, with the numbers of a window', () => {
    const incidents = incidentsOf(trace(4, 40), every(20, 0, 180));
    expect(opened(incidents)).toEqual(STORM);
    const event = incidents.find(({ event }) => event === 'opened');
    expect(event?.evidence.find(({ name }) => name === 'amplification')?.value).toBe(1.1);
    expect(event?.evidenceTraceId).toBe('');
  });
  test('one retried call in each trace', () => {
    expect(opened(incidentsOf(trace(1, 10), every(5, 0, 180)))).toEqual(STORM);
  });
  test('in two bursts with a minute between their windows', () => {
    expect(opened(incidentsOf(trace(4, 40), [...every(2, 0, 10), ...every(2, 120, 130)]))).toEqual(STORM);
  });
});

describe('opens nothing', () => {
  test.each([
    ['a burst within one hop', trace(4, 40), every(2, 0, 10)],
    ['four retried calls a minute', trace(4, 40), [5, 65, 125, 185]],
    ['many retried calls among very many: A = 1.033', trace(1, 30), every(2, 0, 180)],
    ['two bursts too far apart', trace(4, 40), [...every(2, 0, 10), ...every(2, 180, 190)]],
    ['failures that nobody tries again', failuresOnly(), every(5, 0, 180)],
  ])('%s', (_, spans, seconds) => {
    expect(opened(incidentsOf(spans, seconds))).toEqual([]);
  });
});

function failuresOnly(): TestSpan[] {
  return fanoutTrace({ fanout: 10, concurrency: 10, retries: { fails: (call) => call < 4, max: 0 } });
}

describe('layers', () => {
  const layered = layeredTrace({ work: 2, agents: 2, tools: 2 });
  test('small layered traces: one incident, at the caller of the deepest failing callee', () => {
    const incidents = incidentsOf(layered, every(10, 0, 180));
    expect(opened(incidents)).toEqual([['retry_storm', 'inner', 'tool_call db']]);
    const event = incidents.find(({ event }) => event === 'opened');
    const e = (name: string) => event?.evidence.find((each) => each.name === name)?.value ?? Number.NaN;
    expect([e('amplification'), e('total_amplification')]).toEqual([2, 4]);
    expect(e('attempts') / e('unrepeated_operations')).toBe(e('total_amplification'));
    expect(event?.explanation).toContain('together 4.00 times the load on tool_call db');
    expect(event?.recommendations.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('falls from 4.00 to 2.00 attempts for each call'),
    );
  });
  test('the symptom opens nothing though it goes on for windows', () => {
    const storm = layeredTrace({ work: 6, agents: 2, tools: 2 });
    expect(
      findingsOf('retry_storm', storm)
        .map((finding) => finding.root)
        .sort(),
    ).toEqual([false, true]);
    const batches = merged(
      ...every(10, 0, 180).map((second) =>
        exportsOf(storm, { trace: String(second), startMs: START + second * 1000, partitions: PARTITIONS }),
      ),
    );
    expect(opened(runPipeline(batches, { partitions: PARTITIONS }).incidents)).toEqual([
      ['retry_storm', 'inner', 'tool_call db'],
    ]);
  });
  test('agents that are retried above a tool that heals itself are a storm of their own', () => {
    // 42 attempts for 41 calls below each agent are no storm, and so they explain none.
    const spans = layeredTrace({ work: 2, agents: 2, tools: 2, healthy: 40 });
    expect(opened(incidentsOf(spans, every(10, 0, 180)))).toEqual([
      ['retry_storm', 'outer', 'invoke_agent inner'],
    ]);
  });
});

test.each([
  ['warnings', 2],
  ['critical', 6],
])(
  'a storm whose traces alone are %s says once its trigger is over that it has outlived it, in the same incident',
  (_, failing) => {
    const broken = { 'http.response.status_code': 500 };
    const late = { 'error.type': 'TimeoutError' };
    const at = (second: number) =>
      trace(failing, 10).map((span) =>
        span.error ? { ...span, attributes: { ...span.attributes, ...(second < 60 ? broken : late) } } : span,
      );
    const batches = merged(
      ...every(4, 0, 180).map((second) =>
        exportsOf(at(second), {
          trace: String(second),
          startMs: START + second * 1000,
          partitions: PARTITIONS,
        }),
      ),
    );
    const { incidents } = runPipeline(batches, { partitions: PARTITIONS });
    expect(opened(incidents)).toEqual(STORM);
    const told = incidents.filter(({ evidence }) => evidence.some(({ name }) => name === 'trigger_ended_at'));
    expect(told.length).toBeGreaterThan(0);
    for (const { severity, recommendations } of told) {
      expect(severity).toBe('critical');
      expect(recommendations[0].action).toBe('break_retry_loop');
    }
    expect(new Set(incidents.map(({ incidentId }) => incidentId)).size).toBe(1);
  },
);
