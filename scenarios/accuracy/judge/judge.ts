/** Compares what was planted in a tenant with what the pipeline said of it. */
import { normalise } from '#processors/trace/normalise.ts';
import type { Finding, IncidentEvent, TraceSummary } from '#schemas/events.ts';
import type { PlayedTenant, PlayedTrace } from '../play.ts';
import type { Kind, Planted } from '../truth/decided.ts';
import type { Answer, Detection, FalseIncident, Outcome, SeriesOutcome, TraceOutcome } from './outcome.ts';

/** What the pipeline said of one tenant. */
export interface Said {
  /** Every revision of every trace. */
  readonly traces: readonly TraceSummary[];
  /** Every incident event, each incident's in order of revision. */
  readonly incidents: readonly IncidentEvent[];
}

type Named = Pick<Finding, 'kind' | 'agent' | 'signature'>;

const isOf = (named: Named, { kind, callee }: Kind) =>
  named.kind === kind && named.signature.includes(normalise(callee));

const names = (named: Named, { agents }: Planted) => agents.some((agent) => normalise(agent) === named.agent);

/**
 * A trace is judged by its last revision: its root findings whose incident stands. An incident that no trace shows by
 * itself is one of windows.
 */
export function judgeTenant(tenant: PlayedTenant, said: Said): Omit<Outcome, 'deadLetters'> {
  const latest = new Map<string, TraceSummary>();
  for (const trace of said.traces)
    if (trace.revision >= (latest.get(trace.traceId)?.revision ?? 0)) latest.set(trace.traceId, trace);
  const last = new Map<string, IncidentEvent>();
  for (const event of said.incidents) last.set(event.incidentId, event);
  const standing = new Set(
    [...last.values()].filter((e) => e.event !== 'retracted').map((e) => e.incidentId),
  );
  const shown = new Set<string>();
  for (const { findings } of latest.values())
    for (const { root, incidentId } of findings) if (root) shown.add(incidentId);
  const ofWindows = [...last.values()].filter(
    ({ incidentId }) => standing.has(incidentId) && !shown.has(incidentId),
  );
  return {
    traces: tenant.traces.map((trace) =>
      judgeTrace(tenant.spec.tenant, trace, latest.get(trace.traceId), standing),
    ),
    series: judgeSeries(tenant, said.incidents, standing),
    falseIncidents: falseIncidents(tenant, ofWindows),
    detections: detections(tenant, said.incidents, standing),
    retracted: last.size - standing.size,
  };
}

function judgeTrace(
  tenant: string,
  played: PlayedTrace,
  summary: TraceSummary | undefined,
  standing: ReadonlySet<string>,
): TraceOutcome {
  const { plan, profile, known, traceId, spanCount } = played;
  const found = (summary?.findings ?? []).filter(({ root, incidentId }) => root && standing.has(incidentId));
  const planted = known.planted.map((failure): Answer => {
    const same = found.filter((finding) => isOf(finding, failure));
    return {
      kind: failure.kind,
      found: same.length > 0,
      root: same.some((finding) => names(finding, failure)),
    };
  });
  const accounted = [...known.planted, ...known.undecided];
  const extra = found.filter((finding) => !accounted.some((failure) => isOf(finding, failure)));
  const isMistake = extra.length > 0 || planted.some((answer) => !answer.root);
  return {
    tenant,
    traceId,
    group: plan.group,
    name: plan.name,
    profile: profile.name,
    spans: spanCount,
    planted,
    extra: extra.map(({ kind }) => kind),
    undecided: known.undecided.length,
    partial: summary?.partial ?? false,
    missing: summary === undefined,
    ...(isMistake && { note: noteOf(played, found, summary) }),
  };
}

/** Enough to plant the same again, and what was said instead. */
function noteOf({ plan }: PlayedTrace, found: readonly Finding[], summary: TraceSummary | undefined): string {
  const parts = plan.parts.map((parameters) =>
    Object.entries(parameters)
      .map(([key, value]) => `${key}=${typeof value === 'number' ? Number(value.toFixed(3)) : value}`)
      .join(' '),
  );
  const symptoms = (summary?.findings ?? []).filter(({ root }) => !root);
  const list = (of: readonly Finding[]) =>
    of.map(({ kind, agent, signature }) => `${kind} at ${agent} of ${signature}`).join(', ') || 'nothing';
  return (
    `${parts.join(plan.beside ? ' beside ' : ' then ')}, spread ${plan.spread}; found ${list(found)}` +
    `${symptoms.length > 0 ? `, as symptoms ${list(symptoms)}` : ''}`
  );
}

function judgeSeries(
  { spec, windows, traces }: PlayedTenant,
  events: readonly IncidentEvent[],
  standing: ReadonlySet<string>,
): SeriesOutcome[] {
  if (spec.type !== 'series') return [];
  const { kind, strength } = spec.series;
  const common = { tenant: spec.tenant, kind, strength };
  const failure = windows.planted.find((each) => each.kind === kind);
  if (failure === undefined) return [common];
  const opened = events.filter(
    (incident) => incident.event === 'opened' && standing.has(incident.incidentId) && isOf(incident, failure),
  );
  if (opened.length === 0) return [{ ...common, answer: { kind, found: false, root: false } }];
  const answer = { kind, found: true, root: opened.some((incident) => names(incident, failure)) };
  const firstEnd = Math.min(...traces.map(({ endUnixMs }) => endUnixMs));
  return [{ ...common, answer, openedAfterMs: Math.min(...opened.map(({ at }) => at)) - firstEnd }];
}

function falseIncidents(
  { spec, windows, traces }: PlayedTenant,
  ofWindows: readonly IncidentEvent[],
): FalseIncident[] {
  const known = [...windows.planted, ...windows.either];
  return ofWindows
    .filter((incident) => !known.some((failure) => isOf(incident, failure)))
    .map(({ kind, agent, operation, signature, evidenceTraceId, affectedTraces }) => ({
      tenant: spec.tenant,
      kind,
      agent,
      note: `${kind} at ${agent} (${operation}) of ${signature}; ${evidenceOf(traces, evidenceTraceId, affectedTraces)}`,
    }));
}

/** Which trace an incident's evidence is of, and how that came to the door. */
function evidenceOf(traces: readonly PlayedTrace[], traceId: string, affected: number): string {
  const trace = traces.find((each) => each.traceId === traceId);
  if (trace === undefined) return `of ${affected} traces together`;
  return `trace ${traceId} (${trace.plan.name}, ${trace.profile.name})`;
}

/** From the trace that opened an incident, where it did so rightly. */
function detections(
  { traces }: PlayedTenant,
  events: readonly IncidentEvent[],
  standing: ReadonlySet<string>,
): Detection[] {
  return events.flatMap((incident) => {
    if (incident.event !== 'opened' || incident.episode !== 1 || !standing.has(incident.incidentId))
      return [];
    const opener = traces.find(({ traceId }) => traceId === incident.evidenceTraceId);
    if (!opener?.known.planted.some((failure) => isOf(incident, failure))) return [];
    return [
      {
        kind: incident.kind,
        sinceStartMs: incident.at - opener.startUnixMs,
        sinceEndMs: incident.at - opener.endUnixMs,
      },
    ];
  });
}
