import type { Fact, Finding, FindingKind } from '#schemas/events.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { incidentId } from '../incidents/identity.ts';
import type { Group } from './group.ts';
import type { GroupId } from './group-names.ts';
import { OPEN_AFTER, OPEN_OF, type WindowSettings } from './settings.ts';
import type { Window } from './window.ts';

/** What a window shows of one incident; content only, whatever came when. */
export interface Found {
  readonly incidentId: string;
  /** The most severe finding; of equals that of the least trace id. */
  finding: Finding;
  /** A single-trace rule found it: it opens 1 of 1. */
  readonly single: boolean;
  /** Trace ids with it, sorted. */
  readonly traces: string[];
  /** The earliest event time among them. */
  since: number;
  /** The trace that `finding` is of; empty where it is of the window. */
  evidenceTraceId: string;
}

/**
 * A finding as its group's. One that names another agent operation (of streams that share an instance) would be owned by
 * two partitions; it takes the names of the group, which one partition owns, and so the id that they make.
 */
export function ownFinding(group: GroupId, finding: Finding): Finding {
  if (finding.agent === group.agent && finding.operation === group.operation) return finding;
  const { kind, signature } = finding;
  const { tenant, agent, operation } = group;
  const id = incidentId({ kind, tenant, agent, operation, signature });
  return { ...finding, agent, operation, incidentId: id };
}

/** Root findings of a signal by incident; the first of each. */
export function rootFindings(group: GroupId, findings: readonly Finding[]): Map<string, Finding> {
  const found = new Map<string, Finding>();
  for (const each of findings) {
    const finding = ownFinding(group, each);
    const { incidentId: id, root } = finding;
    if (root && !found.has(id)) found.set(id, finding);
  }
  return found;
}

/** Findings of a window, by incident id, sorted by it: of its single traces, and of all of them together. */
export function evaluateWindow(
  { id: group, rootsOf }: Pick<Group, 'id' | 'rootsOf'>,
  signals: Window,
  startMs: number,
  endMs: number,
  detectors: ConfiguredDetectors,
): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const { traceId, eventTime, roots } of signals.shown(rootsOf))
    for (const [id, finding] of roots) {
      const before = found.get(id);
      if (before === undefined) found.set(id, ofSignal(id, finding, traceId, eventTime));
      else {
        const worse = rank(finding) > rank(before.finding);
        before.traces.push(traceId);
        before.since = Math.min(before.since, eventTime);
        if (worse) Object.assign(before, { finding, evidenceTraceId: traceId });
      }
    }
  const factual = signals.tracesByKind();
  for (const { detector, config } of detectors.all) {
    const traces = factual.get(detector.kind);
    if (detector.inWindow === undefined || traces === undefined) continue;
    const { tenant, scope, agent, operation } = group;
    const window = { tenant, scope, agent, operation, startMs, endMs, traces };
    for (const each of detector.inWindow(window, config)) {
      const finding = ownFinding(group, each);
      const { incidentId: id } = finding;
      const before = found.get(id);
      if (before === undefined) {
        const ids = traces.map((trace) => trace.traceId);
        const since = traces.reduce((first, trace) => Math.min(first, trace.eventTime), Infinity);
        found.set(id, { incidentId: id, finding, evidenceTraceId: '', single: false, traces: ids, since });
      } else if (rank(finding) + (each.prevails ? 1 : 0) > rank(before.finding))
        Object.assign(before, { finding, evidenceTraceId: '' });
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What facts may be part of: the kinds of those that tell anything. */
export function toldBy(facts: readonly Fact[], detectors: ConfiguredDetectors): readonly FindingKind[] {
  const told: FindingKind[] = [];
  for (const { detector } of detectors.all) {
    if (detector.inWindow === undefined) continue;
    const { kind } = detector;
    if (facts.some((fact) => fact.kind === kind && (detector.tells?.(fact) ?? true))) told.push(kind);
  }
  return told;
}

/** What one trace alone shows of an incident. */
export function ofSignal(id: string, finding: Finding, traceId: string, eventTime: number): Found {
  return {
    incidentId: id,
    finding,
    single: true,
    traces: [traceId],
    since: eventTime,
    evidenceTraceId: traceId,
  };
}

/** True where enough of the windows that start a window's length apart show it, the last one included. */
export function persists(
  group: Group,
  id: string,
  end: number,
  settings: WindowSettings,
  detectors: ConfiguredDetectors,
): boolean {
  let shown = 1;
  for (let back = 1; back < OPEN_OF && shown < OPEN_AFTER; back++) {
    const before = end - back * settings.windowMs;
    const signals = group.window(before);
    if (signals.tellsNothing) continue;
    const found = evaluateWindow(group, signals, before - settings.windowMs, before, detectors);
    if (found.has(id)) shown++;
  }
  return shown >= OPEN_AFTER;
}

function rank(finding: Finding): number {
  return finding.severity === 'critical' ? 1 : 0;
}
