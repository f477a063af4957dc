/**
 * What holds for every detector of the registry (docs/design.md §4). A detector that was added needs no line here: its
 * scenario is found in scenarios/ by what it expects.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { analyseTrace } from '#processors/analyse.ts';
import {
  analysed,
  detectors,
  type ReadAnalysis,
  readAnalysis,
} from '#processors/detectors/analysed.testkit.ts';
import type { Detector } from '#processors/detectors/detector.ts';
import { unexplained } from '#processors/detectors/recommendations.testkit.ts';
import { DETECTORS } from '#processors/detectors/registry.ts';
import { chainTrace, fanoutTrace, reactTrace, streamTrace, workflow } from '#processors/detectors/testkit.ts';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { criticalPath } from '#processors/trace/critical-path.ts';
import { type TestSpan, viewOf } from '#processors/trace/testkit.ts';
import { ALL_SCENARIOS } from '#scenarios/registry.ts';
import { generateVirtualRun, type VirtualRun } from '#scenarios/virtual/generate.ts';
import { decodeAs, encode } from '#schemas/codec.ts';
import type { Finding } from '#schemas/events.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { firesWrongly, missingFile, noDigit, noScenario, tooLong } from './hints.ts';

const START = 1_700_000_000_000;
const FOLDER = path.resolve(import.meta.dirname, '../../processors/detectors');

const HEALTHY: Record<string, readonly TestSpan[]> = {
  'one span': [{ id: 1, name: 'workflow', start: 0, end: 10 }],
  'a span without duration': [{ id: 1, name: 'workflow', start: 0, end: 0 }],
  'an orphan': [{ id: 1, parent: 9, name: 'tool_call', start: 0, end: 10 }],
  'a workflow that does nothing': workflow(function* () {
    yield 10;
  }),
  'a fan-out within its slots': fanoutTrace({ fanout: 20 }),
  'a ReAct loop': reactTrace(10),
  'a short chain': chainTrace({ depth: 5 }),
  'a stream alone': streamTrace({ background: 0 }),
  'a plain service trace': Array.from({ length: 50 }, (_, i) => ({
    id: i + 1,
    parent: i === 0 ? undefined : i,
    name: `GET /step/${i}`,
    kind: 2 + (i % 2),
    service: `service-${i >> 1}`,
    start: i,
    end: 3000 - i,
  })),
};

const runs = new Map<string, VirtualRun>();
beforeAll(async () => {
  for (const scenario of ALL_SCENARIOS) runs.set(scenario.name, await generateVirtualRun(scenario, 7, START));
});

/** A run's spans in the order of `exports`, which may come in any order and more than once. */
function analyse({ traceId }: VirtualRun, exports: readonly { readonly otlp: Uint8Array }[]): ReadAnalysis {
  const columns = new SpanColumns();
  for (const { otlp } of exports) {
    const skimmed = skimSpans(otlp, columns);
    if (!skimmed.ok) throw new Error(skimmed.reason);
  }
  return readAnalysis(analyseTrace('default', traceId, columns, detectors()));
}

const whole = (run: VirtualRun) => analyse(run, run.exports);

const incidentsOf = (run: VirtualRun) =>
  runPipeline(
    run.exports.map(({ atUnixMs, spanCount, otlp }) => ({
      partition: 0,
      batch: { tenant: 'default', receivedAt: atUnixMs, spanCount, otlp },
    })),
    { partitions: 1 },
  );

/** As stage 2 gets it: over a thread's border and through Avro. */
function cloned(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => {
    const signal = encode('Signal', {
      ...{
        tenant: 't',
        scope: 'operation',
        agent: 'a',
        operation: 'o',
        traceId: '',
        revision: 1,
        eventTime: 0,
      },
      source: { partition: 0, offset: 0, sequence: 0, clock: 0 },
      ...{ calls: 1, errors: 0, durationMs: 0, facts: [], callees: [] },
      findings: [structuredClone(finding)],
    });
    const decoded = decodeAs('Signal', signal);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.value.findings[0];
  });
}

/** For `expect`: without the prototypes that Avro gives its records. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const judgeWindow = (detector: Detector, { signals }: ReadAnalysis, times: number) =>
  signals.flatMap(({ scope, agent, operation, facts }) => {
    const own = facts.filter((fact) => fact.kind === detector.kind);
    const traces = Array.from({ length: times }, (_, i) => ({
      traceId: String(i),
      eventTime: i * 1_000,
      facts: own,
    }));
    const window = { tenant: 't', scope, agent, operation, startMs: 0, endMs: 60_000, traces };
    return detector.inWindow?.(window, detector.config.parse({})) ?? [];
  });

test('there is one for each failure of design §5', () => {
  expect(DETECTORS.map((detector) => detector.kind)).toEqual(
    expect.arrayContaining(['blocking_chain', 'fanout_collapse', 'retry_storm', 'starvation']),
  );
});

test.each(ALL_SCENARIOS.map(({ name }) => [name]))(
  '%s: every number of the advice follows from the evidence',
  (name) => {
    const run = runs.get(name)!;
    const analysis = whole(run);
    const inWindows = DETECTORS.flatMap((detector) => judgeWindow(detector, analysis, 12));
    expect([...analysis.findings, ...inWindows].flatMap(unexplained)).toEqual([]);
  },
);

test('whatever a scenario expects has a detector', () => {
  const kinds = DETECTORS.map((detector) => detector.kind);
  for (const { name, expects } of ALL_SCENARIOS)
    for (const kind of expects) expect(kinds, `expected by ${name}`).toContain(kind);
});

describe.each(DETECTORS.map((detector) => [detector.kind, detector] as const))('%s', (kind, detector) => {
  const own = ALL_SCENARIOS.filter(({ expects }) => expects.includes(kind));

  test('has its file, a test and a scenario', () => {
    const file = kind.replaceAll('_', '-');
    for (const name of [`${file}.detector.ts`, `${file}.test.ts`])
      expect(existsSync(path.join(FOLDER, name)), missingFile(name)).toBe(true);
    expect(
      own.map(({ name }) => name),
      noScenario(kind),
    ).not.toEqual([]);
    expect(detector.title).toMatch(/^[A-Z][A-Za-z -]+$/);
  });

  test('its defaults parse, and are digested', () => {
    expect(detector.config.safeParse({}).success).toBe(true);
    expect(detectors().thresholdsDigest(kind)).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each(Object.entries(HEALTHY))('is silent on %s', (_, spans) => {
    const view = viewOf(spans);
    const context = { tenant: 'default', view, critical: criticalPath(view) };
    expect(detector.inTrace(context, detector.config.parse({})).findings).toEqual([]);
    expect(judgeWindow(detector, analysed(spans), 30)).toEqual([]);
  });

  test('is silent on an empty window', () => {
    for (const scope of ['operation', 'instance'] as const) {
      const window = { tenant: 't', scope, agent: 'a', operation: 'o', startMs: 0, endMs: 1, traces: [] };
      expect(detector.inWindow?.(window, detector.config.parse({})) ?? []).toEqual([]);
    }
  });

  test('its scenario fires it, every other one does not unless it lists it', () => {
    for (const { name, expects } of ALL_SCENARIOS) {
      const fired = whole(runs.get(name)!).findings.some((finding) => finding.kind === kind && finding.root);
      const expected = expects.includes(kind);
      expect(fired, firesWrongly(kind, name, expected)).toBe(expected);
    }
  });

  test.each(own.map(({ name }) => [name]))('%s: its run ends before the hard cap', (name) => {
    const hint = tooLong(name, runs.get(name)!.endUnixMs - START);
    expect(hint, hint).toBeUndefined();
  });

  test.each(own.map(({ name }) => [name]))(
    '%s: any order of arrival and any duplicates give equal findings',
    (name) => {
      const run = runs.get(name)!;
      const { exports } = run;
      const expected = whole(run);
      expect(analyse(run, exports.toReversed())).toEqual(expected);
      for (const step of [2, 3])
        expect(
          analyse(run, [...exports.filter((_, i) => i % step === 0), ...exports, ...exports.slice(0, step)]),
        ).toEqual(expected);
    },
  );

  test.each(own.map(({ name }) => [name]))(
    '%s: what it says survives a clone, and a replay to the byte',
    (name) => {
      const run = runs.get(name)!;
      const { findings, signals } = whole(run);
      expect(plain(cloned(findings))).toEqual(plain(findings));
      expect(judgeWindow(detector, { ...whole(run), signals: structuredClone(signals) }, 12)).toEqual(
        judgeWindow(detector, whole(run), 12),
      );
      const first = incidentsOf(run);
      expect(incidentsOf(run).incidentBytes).toEqual(first.incidentBytes);
      const hint = tooLong(name, run.endUnixMs - START) ?? `${name}: its trace opens no incident`;
      expect(
        first.incidents.map((incident) => incident.kind),
        hint,
      ).toContain(kind);
    },
  );

  test.each(own.map(({ name }) => [name]))(
    '%s: its ids hang on no trace, time or measured value',
    async (name) => {
      const ids = ({ findings }: ReadAnalysis) =>
        findings.filter((finding) => finding.kind === kind).map((finding) => finding.incidentId);
      const scenario = ALL_SCENARIOS.find((each) => each.name === name)!;
      const later = await generateVirtualRun(scenario, 8, START + 86_400_123);
      expect(ids(whole(later))).toEqual(ids(whole(runs.get(name)!)));
    },
  );

  test.each(own.map(({ name }) => [name]))('%s: what it finds is whole', (name) => {
    const found = whole(runs.get(name)!).findings.filter((finding) => finding.kind === kind);
    expect(found).not.toEqual([]);
    for (const finding of found) {
      expect(finding.incidentId).toMatch(/^[0-9a-f]{32}$/);
      expect(finding.evidence.length).toBeGreaterThan(0);
      for (const { name: measure, value, unit } of finding.evidence) {
        expect([measure, Number.isFinite(value)]).toEqual([measure, true]);
        expect(['ms', 'count', 'ratio']).toContain(unit);
      }
      expect(finding.timeline.length).toBeLessThanOrEqual(20);
      expect(finding.recommendations.length).toBeGreaterThan(0);
      for (const { action, text } of finding.recommendations) expect(text, noDigit(action)).toMatch(/\d/);
      for (const text of [finding.explanation, ...finding.recommendations.map((each) => each.text)])
        expect(text).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});
