/** For tests: a closed trace as the API gives it. */
import picocolors from 'picocolors';
import type { ClosedTrace, Finding, Insight, TimelineEntry, View } from './view.ts';

export const TRACE_ID = 'dec6c26cfbe76e43321a5a2e6eaeed4e';

export const view = (given: Partial<View> = {}): View => ({
  width: 80,
  colours: picocolors.createColors(false),
  all: false,
  ...given,
});

export const entry = (given: Partial<TimelineEntry> = {}): TimelineEntry => ({
  label: 'call',
  startMs: 0,
  durationMs: 80,
  outcome: 'ok',
  ...given,
});

export const finding = (given: Partial<Finding> = {}): Finding => ({
  ...{ kind: 'fanout_collapse', incidentId: 'a'.repeat(32), severity: 'warning', root: true },
  ...{ agent: 'planner', operation: 'planner', signature: 'tool_call search', evidence: [], timeline: [] },
  explanation: 'because',
  explainedBy: '',
  recommendations: [
    {
      action: 'reduce_concurrency',
      text: 'Reduce planner concurrency from 100 to 20: expected makespan 421 ms (5 rounds of 84 ms) against 573 ms.',
    },
    { action: 'batch', text: 'Batch.' },
  ],
  ...given,
});

export const insight = (given: Partial<Insight> = {}): Insight => ({
  ...{ kind: 'straggler', found: true, agent: 'planner', operation: 'planner' },
  answer: 'search 17 took 400 ms where its 99 siblings took 80 ms: without it the batch ends 200 ms sooner.',
  evidence: [],
  timeline: [],
  ...given,
});

const segment = (
  operation: string,
  [fromMs, toMs]: readonly [number, number],
  given: Partial<ClosedTrace['criticalPath'][number]> = {},
) => ({
  ...{ spanId: `${fromMs}`, role: 'tool', service: 'agents', operation, type: 'self' },
  ...{ startNs: fromMs * 1e6, endNs: toMs * 1e6 },
  ...given,
});

export const closedTrace = (given: Partial<ClosedTrace> = {}): ClosedTrace => ({
  traceId: TRACE_ID,
  closed: true,
  summary: {
    ...{ traceId: TRACE_ID, revision: 1, partial: false, rootService: 'agents', rootAgent: 'planner' },
    ...{ rootOperation: 'workflow', start: '2026-11-21T13:53:34.300Z', startUnixNano: '1795269214300000000' },
    ...{ durationMs: 600, spanCount: 303, errorCount: 0 },
  },
  nodes: [],
  edges: [],
  criticalPath: [
    segment('worker', [0, 400]),
    segment('tool_call', [400, 401], { type: 'edge' }),
    segment('GET /tool/:name', [401, 481], { service: 'tools' }),
    segment('tool_call', [481, 482], { type: 'edge', spanId: '400' }),
    segment('GET /tool/:name', [482, 542], { service: 'tools' }),
    segment('human_feedback', [542, 600], { type: 'idle' }),
  ],
  shares: [],
  findings: [finding()],
  insights: [
    insight({
      timeline: [
        entry({ label: 'search 17', startMs: 100, durationMs: 400 }),
        entry({ label: 'search 18', startMs: 120, durationMs: 80.25, outcome: 'failed: 503' }),
      ],
    }),
    insight({ kind: 'payload', found: false, answer: 'Not payload-bound: all 5 payloads have one size.' }),
  ],
  resources: [],
  spans: [],
  truncated: false,
  ...given,
});
