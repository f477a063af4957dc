/**
 * Retry storm: one callee's failures multiply its load. Amplification A = attempts / logical operations, with retries
 * folded into the operation that they belong to.
 */

import { z } from 'zod';
import { number } from '#infra/format.ts';
import type { Finding, TimelineEntry } from '#schemas/events.ts';
import type { TraceView } from '../trace/view.ts';
import { called } from './called.ts';
import {
  agentOperation,
  agentOperations,
  anyFailed,
  busiestCallees,
  duration,
  failedCalls,
  firstFailure,
  isCall,
  outcomeOf,
} from './calls.ts';
import type { Detector, TraceContext, TraceFact } from './detector.ts';
import { entry, makeFinding, strongest } from './finding.ts';
import { count, inMs, ms, reader } from './measures.ts';
import { adviceMeasures, adviseRetries } from './retries/advice.ts';
import { type Attempts, foldAttempts } from './retries/attempts.ts';
import { causeValues, factValues, stormsInWindow } from './retries/facts.ts';
import { healthyFacts } from './retries/healthy.ts';
import {
  layerMeasures,
  layerText,
  layerTimeline,
  retryLayers,
  unrepeatedOperations,
} from './retries/layers.ts';
import { overloadFailures } from './retries/overload.ts';
import { causesOf } from './retries/symptoms.ts';
import { severityOf, tallyMeasures, tallyOf, tallyText } from './retries/tally.ts';
import { quantile } from './stats.ts';

const config = z
  .strictObject({
    /** Retried logical operations on one callee: fewer are everyday noise. Design §5. */
    minRetriedCalls: z.number().int().min(1).default(5),
    /** p = 0.1 with 3 retries gives 1.111, p = 0.2 with 4 gives 1.2496. Design §5. */
    warningAmplification: z.number().min(1).default(1.05),
    criticalAmplification: z.number().min(1).default(1.2),
    /** Retries that a budget would allow, as a share of the calls: 10 % as gRPC and Finagle budgets default to 0.1–0.2. */
    retryBudget: z.number().min(0).max(1).default(0.1),
    /** Failed attempts from which a breaker opens: resilience4j's failureRateThreshold is 50 % by default, and it opens at ≥. */
    breakerFailureRate: z.number().min(0).max(1).default(0.5),
    /** Calls that failed in spite of their retries: from a fifth on, retrying does not heal. Own choice. */
    breakerGiveUps: z.number().min(0).max(1).default(0.2),
    /** Failures that are no overload: fewer are everyday noise and trigger nothing. As many as retried calls. */
    minTriggerFailures: z.number().int().min(1).default(5),
    /** Hops that a storm must outlive its trigger: half a window, longer than retries with back-off take to drain. Own choice. */
    metastableHops: z.number().int().min(1).default(3),
    /** As windows hop. Design §4. */
    metastableHopMs: z.number().min(1).default(10_000),
  })
  .refine((c) => c.warningAmplification <= c.criticalAmplification, {
    path: ['warningAmplification'],
    error: ({ input }) => {
      const { warningAmplification, criticalAmplification } = input as Record<string, number>;
      return `must be at most criticalAmplification (${criticalAmplification}), not ${warningAmplification}`;
    },
  });
type Config = z.output<typeof config>;

/** Callees of one trace whose counts go into facts; the ones with most attempts come first. */
const MOST_FACTS = 50;

/** Of a finding, see finding.ts. */
const LONGEST_TIMELINE = 20;

/** The attempts on one callee by one calling agent operation. */
interface Calls {
  readonly callee: number;
  /** Rows of callers; the first stands for the agent operation. */
  readonly caller: number;
  readonly rows: readonly number[];
}

const callerOf = (view: TraceView, row: number) => (view.parent[row] >= 0 ? view.parent[row] : row);

/** The rows by calling agent operation, most retries first. */
function byCaller(view: TraceView, callee: number, rows: readonly number[], attempts: Attempts): Calls[] {
  const { of, list } = agentOperations(view);
  // Nearly always one agent operation makes all the calls of a callee.
  const caller = callerOf(view, rows[0]);
  if (rows.every((row) => of[callerOf(view, row)] === of[caller])) return [{ callee, caller, rows }];
  const name = (key: number) => `${list[key].agent} ${list[key].operation}`;
  const found = new Map<number, Calls & { readonly rows: number[]; retries: number }>();
  for (const row of rows) {
    const caller = callerOf(view, row);
    const key = of[caller];
    let calls = found.get(key);
    if (calls === undefined) {
      calls = { callee, caller, rows: [], retries: 0 };
      found.set(key, calls);
    }
    calls.rows.push(row);
    if (attempts.previous[row] >= 0) calls.retries++;
  }
  return [...found.entries()]
    .sort((a, b) => b[1].retries - a[1].retries || (name(a[0]) < name(b[0]) ? -1 : 1))
    .map(([, calls]) => calls);
}

/** The retry sequences in order, each attempt with what it waited after the failure before it. */
function timelineOf(
  view: TraceView,
  rows: readonly number[],
  attempts: Attempts,
  layers: readonly TimelineEntry[],
): TimelineEntry[] {
  const retried = new Set(
    rows.filter((row) => attempts.previous[row] >= 0).map((row) => attempts.first[row]),
  );
  const number = new Map([...retried].map((first, index) => [first, index + 1]));
  const nth = new Map<number, number>();
  const sequences = rows
    .filter((row) => retried.has(attempts.first[row]))
    .map((row) => {
      const previous = attempts.previous[row];
      nth.set(row, previous < 0 ? 1 : (nth.get(previous) ?? 1) + 1);
      const backoff = previous < 0 ? 0 : Math.max(0, view.start[row] - view.end[previous]) / 1e6;
      const after = previous < 0 ? '' : `, after ${inMs(backoff)}`;
      const label = `call ${number.get(attempts.first[row])} attempt ${nth.get(row)}${after}`;
      return { label, row, first: attempts.first[row] };
    })
    .sort((a, b) => a.first - b.first || a.row - b.row) // whole sequences, so that the cap cuts none in the middle
    .slice(0, LONGEST_TIMELINE - layers.length)
    .map(({ label, row }) => entry(label, view.start[row], view.end[row], outcomeOf(view, row)));
  return [...layers, ...sequences];
}

interface Storm {
  readonly finding: Finding;
  readonly failedRows: readonly number[];
}

function mostAttempts(rows: readonly number[], attempts: Attempts): number {
  const perCall = new Map<number, number>();
  let most = 0;
  for (const row of rows) {
    const n = (perCall.get(attempts.first[row]) ?? 0) + 1;
    perCall.set(attempts.first[row], n);
    most = Math.max(most, n);
  }
  return most;
}

const failedOf = (view: TraceView, rows: readonly number[]): number[] => {
  const failures = failedCalls(view);
  return rows.filter((row) => failures[row] === 1);
};

function stormOf(
  trace: TraceContext,
  callee: number,
  rows: readonly number[],
  attempts: Attempts,
  c: Config,
): Storm | undefined {
  const { view } = trace;
  const tally = tallyOf(view, rows, attempts);
  if (severityOf(tally, c) === undefined) return undefined;
  const caller = agentOperation(view, byCaller(view, callee, rows, attempts)[0].caller);
  const layers = retryLayers(view, rows);
  const failedRows = failedOf(view, rows);
  const retries = rows.filter((row) => attempts.previous[row] >= 0);
  const backoffs = retries.map((row) => Math.max(0, view.start[row] - view.end[attempts.previous[row]]));
  const sorted = Float64Array.from(backoffs).sort();
  const evidence = [
    ...tallyMeasures(tally),
    count('most_attempts', mostAttempts(rows, attempts)),
    ms('backoff_p50', quantile(sorted, 0.5)),
    ms('backoff_max', quantile(sorted, 1)),
    ms('first_failure_at', view.end[firstFailure(view, rows) ?? rows[0]]),
    ms(
      'wasted',
      failedRows.reduce((sum, row) => sum + duration(view, row), 0),
    ),
    ...layerMeasures(layers),
    ...adviceMeasures(c),
  ];
  const e = reader(evidence);
  const name = view.strings[callee];
  const most = Math.max(e('amplification'), e('total_amplification'));
  const finding = makeFinding(trace.tenant, {
    kind: 'retry_storm',
    severity: most >= c.criticalAmplification ? 'critical' : 'warning',
    ...caller,
    signature: name,
    evidence,
    timeline: timelineOf(view, rows, attempts, layerTimeline(layers)),
    explanation:
      `${caller.operation} (agent ${caller.agent}) ${tallyText(name, tally)}, in up to ${number(e('most_attempts'))} attempts, ` +
      `and ${number(tally.gaveUp)} gave up. The first failure came ${inMs(e('first_failure_at'))} into the trace.` +
      layerText(layers),
    recommendations: adviseRetries(name, caller.operation, evidence, c, layers),
  });
  return { finding, failedRows };
}

/** Retries at several levels: the root is the caller of the deepest failing callee, the storms above are symptoms. */
function markSymptoms(view: TraceView, storms: readonly Storm[]): Finding[] {
  const causes = causesOf(view, storms);
  return storms.map(({ finding }, index) => {
    const cause = causes[index];
    return cause === undefined
      ? finding
      : { ...finding, root: false, explainedBy: storms[cause.by].finding.incidentId };
  });
}

/** The calls of each calling agent operation as facts; with what explains them where they are a symptom. */
function factsOf(view: TraceView, groups: readonly Calls[], attempts: Attempts): TraceFact[] {
  const tallies = groups.map((calls) => tallyOf(view, calls.rows, attempts));
  const facts = groups.map(({ callee, caller, rows }, index): TraceFact => {
    const { agent, operation } = agentOperation(view, caller);
    const values = factValues(tallies[index], {
      overload: tallies[index].failed === 0 ? 0 : overloadFailures(view, failedOf(view, rows)),
      unrepeated: tallies[index].retried === 0 ? tallies[index].logical : unrepeatedOperations(view, rows),
    });
    const fact = { kind: 'retry_storm', callee: view.strings[callee], values };
    return { scope: 'operation', agent, operation, fact };
  });
  if (!anyFailed(view)) return facts; // nothing was tried again, either
  const retried = groups.flatMap((calls, index) =>
    tallies[index].retried > 0 ? [{ index, failedRows: failedOf(view, calls.rows) }] : [],
  );
  const causes = causesOf(view, retried);
  for (const [position, { index }] of retried.entries()) {
    const cause = causes[position];
    if (cause === undefined) continue;
    facts[index].fact.values.push(...causeValues(tallies[retried[cause.by].index], cause.explained));
  }
  return facts;
}

export const detector: Detector<Config> = {
  kind: 'retry_storm',
  title: 'Retry storm',
  version: 2,
  config,
  couldShow: called,
  inTrace(trace, c) {
    const { view } = trace;
    const healthy = anyFailed(view) ? undefined : healthyFacts(view);
    if (healthy !== undefined) return { findings: [], facts: healthy };
    const attempts = foldAttempts(view);
    const storms: Storm[] = [];
    const callees = busiestCallees(view, isCall);
    for (const { callee, rows } of anyFailed(view) ? callees : []) {
      const storm = stormOf(trace, callee, rows, attempts, c);
      if (storm) storms.push(storm);
    }
    const told: Calls[] = [];
    for (let i = 0; i < callees.length && i < MOST_FACTS; i++) {
      const { callee, rows } = callees[i];
      for (const calls of byCaller(view, callee, rows, attempts)) told.push(calls);
    }
    const weighed = markSymptoms(view, storms).map((finding) => ({
      finding,
      weight: reader(finding.evidence)('attempts'),
    }));
    return { findings: strongest(weighed), facts: factsOf(view, told, attempts) };
  },
  tells: ({ values }) => values.some(({ name, value }) => name === 'retried_operations' && value > 0),
  inWindow: stormsInWindow,
};
