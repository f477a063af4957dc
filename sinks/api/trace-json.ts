/** A trace as the API gives it. */
import { z } from 'zod';
import { INSIGHT_KINDS, SEVERITIES } from '#schemas/events.ts';
import { evidenceJson, recommendationsJson, timelineJson } from './finding-json.ts';
import { int64, kind } from './parameters.ts';

/** One line of a list. */
export const traceLine = z.object({
  traceId: z.string(),
  revision: z.number().int(),
  partial: z.boolean().describe('closed without its root'),
  rootService: z.string(),
  rootAgent: z.string(),
  rootOperation: z.string(),
  start: z.string().describe('ISO 8601, UTC'),
  startUnixNano: z.string(),
  durationMs: z.number(),
  spanCount: z.number().int(),
  errorCount: z.number().int(),
  findings: z.array(
    z.object({
      kind,
      severity: z.enum(SEVERITIES),
      root: z.boolean(),
      incidentId: z.string(),
    }),
  ),
});

export const pathSegment = z.object({
  spanId: z.string(),
  role: z.string(),
  service: z.string(),
  operation: z.string(),
  startNs: int64,
  endNs: int64,
  type: z.string().describe('self, edge or idle'),
});

/** What owns a part of the critical path: see schemas/events.ts. */
export const pathShare = z.object({
  type: z.string().describe('self: own time; edge: between caller and callee; idle: waiting for a person'),
  role: z.string(),
  service: z.string().describe('of an edge the callee’s, as are agent and operation'),
  agent: z.string(),
  operation: z.string(),
  instance: z
    .string()
    .describe('service.instance.id, else host.name, k8s.pod.name or container.id; or empty'),
  callerService: z.string().describe('of an edge; else empty'),
  callerOperation: z.string().describe('of an edge; else empty'),
  spans: z.number().int().describe('distinct spans that own a piece of it'),
  errors: z.number().int().describe('of them, failed'),
  pathNs: int64.describe('exclusive time on the critical path; those of all shares sum to its length'),
  dragNs: int64.describe('by how much less the trace would take without it; at most pathNs'),
});

export const graphNode = z.object({
  id: z.number().int(),
  role: z.string(),
  service: z.string(),
  agent: z.string(),
  operation: z.string(),
  count: z.number().int(),
  errors: z.number().int(),
  totalNs: int64,
  pathNs: int64.describe('exclusive time on the critical path'),
});

export const graphEdge = z.object({
  from: z.number().int(),
  to: z.number().int(),
  count: z.number().int(),
  type: z.string().describe('child or link'),
});

export const finding = z.object({
  kind,
  incidentId: z.string(),
  severity: z.enum(SEVERITIES),
  agent: z.string(),
  operation: z.string(),
  signature: z.string(),
  root: z.boolean().describe('false: another finding of this trace explains it'),
  evidence: evidenceJson,
  timeline: timelineJson,
  explanation: z.string(),
  recommendations: recommendationsJson,
  explainedBy: z.string().describe('the incident that explains it; empty for a root'),
});

export const insightJson = z.object({
  kind: z.string().describe(`the question: ${INSIGHT_KINDS.join(', ')}`),
  found: z.boolean().describe('false: it was looked for, and the answer is no'),
  agent: z.string().describe('whom the answer is about'),
  operation: z.string(),
  answer: z.string().describe('one or two sentences with their numbers, each of which is in `evidence`'),
  evidence: evidenceJson,
  timeline: timelineJson.describe(
    'attempts, branches, steps or stalls in order of time; in ms from the start of the trace',
  ),
});

/** Why a trace took its time. */
export const insightsOfTrace = z.object({
  traceId: z.string(),
  closed: z.boolean().describe('false: its spans still come, and nothing has been looked for yet'),
  durationMs: z
    .number()
    .nullable()
    .describe('from its first start to its last end; null until it has closed'),
  insights: z
    .array(insightJson)
    .describe('one of each question that the shape of the trace raises, always in the same order'),
});

const attributes = z.record(z.string(), z.string());

export const spanJson = z.object({
  spanId: z.string(),
  parentSpanId: z.string().describe('empty of a root'),
  name: z.string(),
  kind: z.string(),
  service: z.string(),
  start: z.string().describe('ISO 8601, UTC'),
  startUnixNano: z.string(),
  durationNs: int64,
  status: z.string(),
  statusMessage: z.string(),
  scope: z.string(),
  attributes,
  resource: z.number().int().describe('index into `resources`'),
  events: z.array(z.object({ timeUnixNano: z.string(), name: z.string(), attributes })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes })),
});

/** `summary` and what belongs to it are null and empty until the trace has closed. */
export const traceDetail = z.object({
  traceId: z.string(),
  closed: z.boolean(),
  summary: traceLine.omit({ findings: true }).nullable(),
  nodes: z.array(graphNode),
  edges: z.array(graphEdge),
  criticalPath: z.array(pathSegment),
  shares: z
    .array(pathShare)
    .describe('what owns the critical path, most time first; none of a trace stored by an older version'),
  findings: z.array(finding),
  insights: z.array(insightJson).describe('see /v1/traces/{id}/insights'),
  resources: z.array(attributes),
  spans: z.array(spanJson).describe('in order of start'),
  truncated: z.boolean().describe('there are more spans than were asked for'),
});
