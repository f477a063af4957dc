/** For tests: findings of one kind in a trace given as spans. */
import type { Finding, FindingKind } from '#schemas/events.ts';
import { analyseTrace, type TraceAnalysis } from '../analyse.ts';
import { type Lists, readLists } from '../trace/lists.testkit.ts';
import { columnsOf, TEST_TRACE, type TestSpan } from '../trace/testkit.ts';
import { type ConfiguredDetectors, configureDetectors } from './registry.ts';

export function detectors(overrides: Record<string, unknown> = {}): ConfiguredDetectors {
  const configured = configureDetectors(overrides);
  if (!configured.ok) throw new Error(configured.message);
  return configured.detectors;
}

/** An analysis whose lists are objects. */
export type ReadAnalysis = Omit<TraceAnalysis, 'lists'> & Lists;

export function readAnalysis({ lists, ...rest }: TraceAnalysis): ReadAnalysis {
  return { ...rest, ...readLists(lists) };
}

export function analysed(spans: readonly TestSpan[], overrides: Record<string, unknown> = {}): ReadAnalysis {
  return readAnalysis(analyseTrace('default', TEST_TRACE, columnsOf(spans), detectors(overrides)));
}

export function findingsOf(kind: FindingKind, spans: readonly TestSpan[]): Finding[] {
  return analysed(spans).findings.filter((finding) => finding.kind === kind);
}

export function measure(finding: Finding, name: string): number {
  const found = finding.evidence.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no evidence named ${name}`);
  return found.value;
}
