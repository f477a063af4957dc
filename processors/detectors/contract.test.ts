/** What holds for every detector of the registry. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { criticalPath } from '../trace/critical-path.ts';
import { shuffled, type TestSpan, viewOf } from '../trace/testkit.ts';
import { analysed, detectors } from './analysed.testkit.ts';
import { DETECTORS } from './registry.ts';
import { chainTrace, fanoutTrace, reactTrace, retryTrace, streamTrace, workflow } from './testkit.ts';

const FAILURES: Record<string, readonly TestSpan[]> = {
  fanout_collapse: fanoutTrace(),
  retry_storm: retryTrace(0.1),
  blocking_chain: chainTrace(),
  starvation: streamTrace(),
};
/** What each trace truly shows: the retries' pool of 20 queues, and so do the calls that starve a stream. */
const SHOWS: Record<string, readonly string[]> = {
  fanout_collapse: ['fanout_collapse'],
  retry_storm: ['fanout_collapse', 'retry_storm'],
  blocking_chain: ['blocking_chain'],
  starvation: ['fanout_collapse', 'starvation'],
};
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

test('there are the four of design §5, and whatever was added', () => {
  expect(DETECTORS.map((detector) => detector.kind)).toEqual(expect.arrayContaining(Object.keys(FAILURES)));
});

describe.each(DETECTORS.map((detector) => [detector.kind, detector] as const))('%s', (kind, detector) => {
  const file = kind.replaceAll('_', '-');

  test('has its file and a test', () => {
    for (const name of [`${file}.detector.ts`, `${file}.test.ts`])
      expect(existsSync(new URL(`./${name}`, import.meta.url)), name).toBe(true);
  });

  test('its defaults parse', () => {
    expect(detector.config.safeParse({}).success).toBe(true);
  });

  test.each(Object.entries(HEALTHY))('is silent on %s', (_, spans) => {
    const view = viewOf(spans);
    const context = { tenant: 'default', view, critical: criticalPath(view) };
    expect(detector.inTrace(context, detector.config.parse({})).findings).toEqual([]);
  });

  test('is silent on an empty window', () => {
    for (const scope of ['operation', 'instance'] as const) {
      const window = { tenant: 't', scope, agent: 'a', operation: 'o', startMs: 0, endMs: 1, traces: [] };
      expect(detector.inWindow?.(window, detector.config.parse({})) ?? []).toEqual([]);
    }
  });

  test('is silent on windows of healthy traces', () => {
    const config = detector.config.parse({});
    for (const spans of Object.values(HEALTHY))
      for (const { scope, agent, operation, facts } of analysed(spans).signals) {
        const own = facts.filter((fact) => fact.kind === kind);
        const traces = Array.from({ length: 30 }, (_, i) => ({
          traceId: String(i),
          eventTime: i,
          facts: own,
        }));
        const window = { tenant: 't', scope, agent, operation, startMs: 0, endMs: 60_000, traces };
        expect(detector.inWindow?.(window, config) ?? []).toEqual([]);
      }
  });

  test('fires on its own failure, and on the others only as listed', () => {
    for (const [failure, spans] of Object.entries(FAILURES)) {
      const fired = analysed(spans).findings.some((finding) => finding.kind === kind);
      expect([failure, fired]).toEqual([failure, SHOWS[failure].includes(kind)]);
    }
  });

  test('any order of arrival and any duplicates give equal findings and facts', () => {
    for (const spans of Object.values(FAILURES)) {
      const expected = analysed(spans);
      for (const seed of [1, 2, 3])
        expect(analysed(shuffled([...spans, ...spans.slice(0, seed * 20)], seed))).toEqual(expected);
    }
  });

  test('what it finds is whole', () => {
    const own = analysed(FAILURES[kind]).findings.filter((finding) => finding.kind === kind);
    for (const finding of own) {
      expect(finding.incidentId).toMatch(/^[0-9a-f]{32}$/);
      expect(finding.evidence.length).toBeGreaterThan(3);
      for (const { name, value, unit } of finding.evidence) {
        expect([name, Number.isFinite(value)]).toEqual([name, true]);
        expect(['ms', 'count', 'ratio']).toContain(unit);
      }
      expect(finding.timeline.length).toBeGreaterThan(0);
      expect(finding.timeline.length).toBeLessThanOrEqual(20);
      expect(finding.recommendations.length).toBeGreaterThan(0);
      for (const { text } of finding.recommendations) expect(text).toMatch(/\d/);
      for (const text of [finding.explanation, ...finding.recommendations.map((each) => each.text)])
        expect(text).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  test('its ids hang on no trace, time or measured value', () => {
    const later = FAILURES[kind].map((span) => ({
      ...span,
      start: span.start * 1.01,
      end: span.end * 1.01 + 7,
    }));
    const ids = (spans: readonly TestSpan[]) => analysed(spans).findings.map((finding) => finding.incidentId);
    expect(ids(later)).toEqual(ids(FAILURES[kind]));
  });

  test('its thresholds are digested', () => {
    expect(detectors().thresholdsDigest(kind)).toMatch(/^[0-9a-f]{16}$/);
  });
});
