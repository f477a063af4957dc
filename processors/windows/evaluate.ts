import type { Finding, FindingKind, Signal } from '#schemas/events.ts';
import type { WindowTrace } from '../detectors/detector.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { incidentId } from '../incidents/identity.ts';
import type { Group, GroupId } from './group.ts';
import { OPEN_AFTER, OPEN_OF, type WindowSettings } from './settings.ts';

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
export function rootFindings(group: GroupId, signal: Signal): Map<string, Finding> {
  const found = new Map<string, Finding>();
  for (const each of signal.findings) {
    const finding = ownFinding(group, each);
    const { incidentId: id, root } = finding;
    if (root && !found.has(id)) found.set(id, finding);
  }
  return found;
}

/** Stands among kinds for what single traces show; no detector's name is empty. */
const SINGLE: FindingKind = '';

/**
 * Findings of a window, by incident id, sorted by it: of its single traces, and of all of them together. `told`: what its
 * signals may be part of; for nothing else is it looked through.
 */
export function evaluateWindow(
  group: GroupId,
  signals: readonly Signal[],
  startMs: number,
  endMs: number,
  detectors: ConfiguredDetectors,
  told: ReadonlySet<FindingKind>,
): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const { id, finding, signal } of told.has(SINGLE) ? singles(group, signals) : []) {
    const before = found.get(id);
    if (before === undefined) found.set(id, ofSignal(id, finding, signal));
    else {
      const worse = rank(finding) > rank(before.finding);
      before.traces.push(signal.traceId);
      before.since = Math.min(before.since, signal.eventTime);
      if (worse) Object.assign(before, { finding, evidenceTraceId: signal.traceId });
    }
  }
  const factual = tracesByKind(signals, told);
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

/** What a signal may be part of: the kinds of the facts that tell anything, and SINGLE where it has findings of its own. */
export function toldBy(signal: Signal, detectors: ConfiguredDetectors): ReadonlySet<FindingKind> {
  const told = new Set<FindingKind>();
  if (signal.findings.length > 0) told.add(SINGLE);
  for (const { detector } of detectors.all) {
    if (detector.inWindow === undefined) continue;
    const { kind } = detector;
    if (signal.facts.some((fact) => fact.kind === kind && (detector.tells?.(fact) ?? true))) told.add(kind);
  }
  return told;
}

/** By kind of fact, of the kinds told: the traces that have any, in the order of the signals, each with those facts. */
function tracesByKind(
  signals: readonly Signal[],
  told: ReadonlySet<FindingKind>,
): Map<FindingKind, WindowTrace[]> {
  const found = new Map<FindingKind, WindowTrace[]>();
  if (told.size === (told.has(SINGLE) ? 1 : 0)) return found;
  for (const { traceId, eventTime, facts } of signals) {
    // Facts of one kind stand together, as stage 1 writes them.
    for (let from = 0; from < facts.length; ) {
      const { kind } = facts[from];
      let to = from + 1;
      while (to < facts.length && facts[to].kind === kind) to++;
      if (!told.has(kind)) {
        from = to;
        continue;
      }
      const some = from === 0 && to === facts.length ? facts : facts.slice(from, to);
      const traces = found.get(kind);
      const last = traces?.[traces.length - 1];
      if (traces === undefined) found.set(kind, [{ traceId, eventTime, facts: some }]);
      else if (last?.traceId !== traceId) traces.push({ traceId, eventTime, facts: some });
      else traces[traces.length - 1] = { traceId, eventTime, facts: [...last.facts, ...some] };
      from = to;
    }
  }
  return found;
}

function* singles(group: GroupId, signals: readonly Signal[]) {
  for (const signal of signals) {
    if (signal.findings.length === 0) continue;
    for (const [id, finding] of rootFindings(group, signal)) yield { id, finding, signal };
  }
}

/** What one trace alone shows of an incident. */
export function ofSignal(id: string, finding: Finding, signal: Signal): Found {
  return {
    incidentId: id,
    finding,
    single: true,
    traces: [signal.traceId],
    since: signal.eventTime,
    evidenceTraceId: signal.traceId,
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
    if (signals.length === 0) continue;
    const found = evaluateWindow(
      group.id,
      signals,
      before - settings.windowMs,
      before,
      detectors,
      group.told(before),
    );
    if (found.has(id)) shown++;
  }
  return shown >= OPEN_AFTER;
}

function rank(finding: Finding): number {
  return finding.severity === 'critical' ? 1 : 0;
}
