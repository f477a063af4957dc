/** A trace as the API gives it: what prints the one prints the other. */
import type { IncidentEvent } from '#schemas/events.ts';
import { isoOf, toIncidentJson } from '#sinks/api/incident-json.ts';
import type { ClosedTrace } from '#sinks/explain/view.ts';
import type { AnalysedTrace } from './analyse.ts';

/** `GET /v1/traces/:id` without spans. */
export function toTrace({ summary }: AnalysedTrace): ClosedTrace {
  const { traceId, revision, partial, rootService, rootAgent, rootOperation, spanCount, errorCount } =
    summary;
  return {
    traceId,
    closed: true,
    summary: {
      ...{ traceId, revision, partial, rootService, rootAgent, rootOperation, spanCount, errorCount },
      start: isoOf(Number(summary.startUnixNano / 1_000_000n)),
      startUnixNano: String(summary.startUnixNano),
      durationMs: summary.durationNs / 1e6,
    },
    nodes: summary.nodes,
    edges: summary.edges,
    criticalPath: summary.path,
    shares: summary.shares,
    findings: summary.findings,
    insights: summary.insights,
    resources: [],
    spans: [],
    truncated: false,
  };
}

/** `GET /v1/incidents/:id`: the last version, and what happened to it before. */
export function toIncident(events: readonly IncidentEvent[]) {
  return {
    ...toIncidentJson(events[events.length - 1]),
    history: events.map(({ event, severity, episode, revision, settled, at }) => ({
      ...{ event, severity, episode, revision, settled },
      at: isoOf(at),
    })),
  };
}
