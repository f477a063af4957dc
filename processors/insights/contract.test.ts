/** What holds for every question of the registry. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { INSIGHT_KINDS, type InsightKind } from '#schemas/events.ts';
import { shuffled } from '../trace/testkit.ts';
import { insightsIn } from './insights.testkit.ts';
import { INSIGHT_RULES } from './registry.ts';
import { SHAPES, SILENT } from './shapes.testkit.ts';
import { checkWhole, EVIDENCE } from './whole.testkit.ts';

/** What each shape makes a yes; other questions are not asked or answered with no. */
const FOUND: Readonly<Record<string, readonly InsightKind[]>> = {
  'a straggler': ['straggler', 'critical_path'],
  'a chain': ['chain'],
  'a chain of siblings': ['chain'],
  retries: ['retries'],
  'nothing but failures': ['retries'],
  'a ReAct loop': ['steps'],
  'rounds of three tools': ['steps'],
  'a stream that starves': ['critical_path', 'stream'],
  'a person': ['human'],
  'growing answers': ['steps', 'payload'],
  'a broken trace': ['straggler', 'critical_path'],
};
test('there is one for each kind, in the order of the kinds', () => {
  expect(INSIGHT_RULES.map((rule) => rule.kind)).toEqual([...INSIGHT_KINDS]);
});

test.each(INSIGHT_KINDS)('%s has its file, a test, and a shape here that makes it a yes', (kind) => {
  const file = kind.replaceAll('_', '-');
  for (const name of [`${file}.ts`, `${file}.test.ts`])
    expect(existsSync(new URL(`./${name}`, import.meta.url)), name).toBe(true);
  expect(Object.values(FOUND).flat()).toContain(kind);
});

test.each(INSIGHT_KINDS)('docs/insights.md tells the evidence of %s', (kind) => {
  const manual = readFileSync(new URL('../../docs/insights.md', import.meta.url), 'utf8');
  const section = manual.split(/^## /m).find((each) => each.startsWith(`${kind}\n`));
  const names = [...(section ?? '').matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1]);
  expect(names).toEqual(EVIDENCE[kind]);
});

describe.each(Object.entries(SHAPES))('%s', (shape, spans) => {
  const insights = insightsIn(spans);

  test('gets answers that are whole, at most one for each question', () => {
    for (const insight of insights) checkWhole(insight);
    expect(new Set(insights.map(({ kind }) => kind)).size).toBe(insights.length);
  });

  test('is a yes only as listed', () => {
    expect(insights.filter(({ found }) => found).map(({ kind }) => kind)).toEqual(FOUND[shape] ?? []);
  });

  test('gets equal answers in any order of arrival, with any duplicates', () => {
    for (const seed of [1, 2, 3])
      expect(insightsIn(shuffled([...spans, ...spans.slice(0, seed * 20)], seed))).toEqual(insights);
  });
});

test.each(Object.entries(SILENT))('nothing is said about %s', (_, spans) => {
  expect(insightsIn(spans)).toEqual([]);
});
