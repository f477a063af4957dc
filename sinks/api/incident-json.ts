/** An incident event as the API gives it: on the stream, in lists, in a history. */
import { z } from 'zod';
import { INCIDENT_EVENTS, type IncidentEvent, SEVERITIES } from '#schemas/events.ts';
import { evidenceJson, recommendationsJson, timelineJson } from './finding-json.ts';
import { kind } from './parameters.ts';

export const STATES = ['open', 'resolved', 'retracted'] as const;
export type IncidentStateName = (typeof STATES)[number];

const iso = z.string().describe('ISO 8601, UTC');

export const incidentJson = z.object({
  incidentId: z.string(),
  state: z.enum(STATES),
  event: z.enum(INCIDENT_EVENTS),
  kind,
  severity: z.enum(SEVERITIES),
  episode: z.number().int(),
  revision: z.number().int(),
  settled: z.boolean().describe('false: provisional, from one trace, before its window closed'),
  tenant: z.string(),
  agent: z.string().describe('the root'),
  operation: z.string(),
  signature: z.string(),
  windowStart: iso,
  windowEnd: iso,
  openedAt: iso,
  at: iso.describe('logical time of this event'),
  atMs: z.number().int().describe('the same in unix milliseconds'),
  title: z.string(),
  explanation: z.string(),
  evidence: evidenceJson,
  timeline: timelineJson,
  recommendations: recommendationsJson,
  exemplarTraceIds: z.array(z.string()),
  affectedTraces: z.number().int(),
  thresholdsDigest: z.string(),
  contentDigest: z.string(),
  evidenceTraceId: z.string().describe('the trace that the evidence is of; empty: of the window'),
  explains: z
    .array(
      z.object({
        incidentId: z.string(),
        kind,
        agent: z.string(),
        operation: z.string(),
        signature: z.string(),
      }),
    )
    .describe('failures of the same traces that are symptoms of this one'),
  acknowledgedBy: z.string().describe('empty while nobody has'),
  acknowledgedAt: iso.nullable(),
  mutedUntil: iso.nullable(),
  note: z.string(),
});
export type IncidentJson = z.output<typeof incidentJson>;

export function stateOf(event: IncidentEvent['event']): IncidentStateName {
  return event === 'resolved' || event === 'retracted' ? event : 'open';
}

/** Unix ms as ISO 8601; times that no Date can hold become the nearest that it can. */
export function isoOf(ms: number): string {
  return new Date(Math.max(-8.64e15, Math.min(8.64e15, ms))).toISOString();
}

export function toIncidentJson(event: IncidentEvent): IncidentJson {
  return {
    ...event,
    state: stateOf(event.event),
    windowStart: isoOf(event.windowStart),
    windowEnd: isoOf(event.windowEnd),
    openedAt: isoOf(event.openedAt),
    at: isoOf(event.at),
    atMs: event.at,
    acknowledgedAt: event.acknowledgedAt === 0 ? null : isoOf(event.acknowledgedAt),
    mutedUntil: event.mutedUntil === 0 ? null : isoOf(event.mutedUntil),
  };
}
