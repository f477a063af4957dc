/**
 * Retry storm: one callee's failures multiply its load. Amplification A = attempts / logical operations, with retries
 * folded into the operation that they belong to.
 */

import { z } from 'zod';
import { number, percent } from '#infra/format.ts';
import type { Fact, Finding, Measure, Severity, TimelineEntry } from '#schemas/events.ts';
import type { TraceView } from '../trace/view.ts';
import { type Attempts, foldAttempts } from './attempts.ts';
import { called } from './called.ts';
import {
  agentOperation,
  agentOperations,
  duration,
  failedCalls,
  firstFailure,
  isCall,
  outcomeOf,
  rowsByCallee,
} from './calls.ts';
import type { Detector, TraceContext, TraceFact, WindowContext } from './detector.ts';
import { entry, makeFinding, strongest } from './finding.ts';
import { count, inMs, ms, ratio, reader, total } from './measures.ts';
import { adviseRetries } from './retry-advice.ts';
import { quantile } from './stats.ts';

const config = z.strictObject({
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
});
type Config = z.output<typeof config>;

/** Callees of one trace whose counts go into facts; the ones with most attempts come first. */
const MOST_FACTS = 50;

/** The attempts on one callee by one calling agent operation. */
interface Calls {
  readonly callee: number;
  /** Rows of callers; the first stands for the agent operation. */
  readonly caller: number;
  readonly rows: number[];
}

interface Tally {
  readonly attempts: number;
  readonly logical: number;
  readonly retried: number;
  readonly failed: number;
  /** Calls of which the last retry failed. */
  readonly gaveUp: number;
}

function severityOf(tally: Tally, c: Config): Severity | undefined {
  if (tally.retried < c.minRetriedCalls) return undefined;
  const amplification = tally.attempts / tally.logical;
  if (amplification >= c.criticalAmplification) return 'critical';
  return amplification >= c.warningAmplification ? 'warning' : undefined;
}

function tallyMeasures(t: Tally): Measure[] {
  return [
    count('attempts', t.attempts),
    count('logical_operations', t.logical),
    ratio('amplification', t.attempts / t.logical),
    count('retried_operations', t.retried),
    count('failed_attempts', t.failed),
    ratio('failure_rate', t.failed / t.attempts),
    count('gave_up', t.gaveUp),
  ];
}

function tallyOf(view: TraceView, rows: readonly number[], attempts: Attempts): Tally {
  const failures = failedCalls(view);
  const retried = new Set<number>();
  const followed = new Set(rows.map((row) => attempts.previous[row]));
  let retries = 0;
  let failed = 0;
  let gaveUp = 0;
  for (const row of rows) {
    if (attempts.previous[row] >= 0) {
      retries++;
      retried.add(attempts.first[row]);
      if (failures[row] === 1 && !followed.has(row)) gaveUp++;
    }
    if (failures[row] === 1) failed++;
  }
  return { attempts: rows.length, logical: rows.length - retries, retried: retried.size, failed, gaveUp };
}

const callerOf = (view: TraceView, row: number) => (view.parent[row] >= 0 ? view.parent[row] : row);

/** The rows by calling agent operation, most retries first. */
function byCaller(view: TraceView, callee: number, rows: readonly number[], attempts: Attempts): Calls[] {
  const { of, list } = agentOperations(view);
  const name = (key: number) => `${list[key].agent} ${list[key].operation}`;
  const found = new Map<number, Calls & { retries: number }>();
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
function timelineOf(view: TraceView, rows: readonly number[], attempts: Attempts): TimelineEntry[] {
  const retried = new Set(
    rows.filter((row) => attempts.previous[row] >= 0).map((row) => attempts.first[row]),
  );
  const number = new Map([...retried].map((first, index) => [first, index + 1]));
  const nth = new Map<number, number>();
  return rows
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
    .slice(0, 20)
    .map(({ label, row }) => entry(label, view.start[row], view.end[row], outcomeOf(view, row)));
}

interface Storm {
  readonly finding: Finding;
  readonly failedRows: readonly number[];
}

function stormOf(
  trace: TraceContext,
  callee: number,
  rows: readonly number[],
  attempts: Attempts,
  c: Config,
): Storm | undefined {
  const { view } = trace;
  const tally = tallyOf(view, rows, attempts);
  const severity = severityOf(tally, c);
  if (severity === undefined) return undefined;
  const caller = agentOperation(view, byCaller(view, callee, rows, attempts)[0].caller);
  const failures = failedCalls(view);
  const failedRows = rows.filter((row) => failures[row] === 1);
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
  ];
  const e = reader(evidence);
  const name = view.strings[callee];
  const finding = makeFinding(trace.tenant, {
    kind: 'retry_storm',
    severity,
    ...caller,
    signature: name,
    evidence,
    timeline: timelineOf(view, rows, attempts),
    explanation:
      `${caller.operation} (agent ${caller.agent}) made ${number(tally.attempts)} attempts at ${name} for ` +
      `${number(tally.logical)} calls: ${e('amplification').toFixed(2)} times the load. ${number(tally.failed)} attempts ` +
      `failed (${percent(e('failure_rate'))}), ${number(tally.retried)} calls were tried again, up to ` +
      `${number(e('most_attempts'))} times, and ${number(e('gave_up'))} gave up. The first failure came ` +
      `${inMs(e('first_failure_at'))} into the trace.`,
    recommendations: adviseRetries(name, caller.operation, evidence, c),
  });
  return { finding, failedRows };
}

function mostAttempts(rows: readonly number[], attempts: Attempts): number {
  const perCall = new Map<number, number>();
  for (const row of rows) perCall.set(attempts.first[row], (perCall.get(attempts.first[row]) ?? 0) + 1);
  return Math.max(...perCall.values());
}

/**
 * Retries at several levels: the root is the caller of the deepest failing callee. A storm is a symptom where at least
 * half of its failures have a failed attempt of another storm below them.
 */
function markSymptoms(view: TraceView, storms: readonly Storm[]): Finding[] {
  const below = new Uint8Array(view.n);
  const stormOfRow = new Map<number, Storm>();
  for (const storm of storms) for (const row of storm.failedRows) stormOfRow.set(row, storm);
  for (let i = view.n - 1; i >= 0; i--) {
    const row = view.topDown[i];
    const parent = view.parent[row];
    if (parent >= 0 && (below[row] === 1 || stormOfRow.has(row))) below[parent] = 1;
  }
  return storms.map(({ finding, failedRows }) => {
    const explained = failedRows.filter((row) => below[row] === 1).length;
    return explained > 0 && explained * 2 >= failedRows.length ? { ...finding, root: false } : finding;
  });
}

function factOf(view: TraceView, calls: Calls, attempts: Attempts): TraceFact {
  const t = tallyOf(view, calls.rows, attempts);
  const fact: Fact = {
    kind: 'retry_storm',
    callee: view.strings[calls.callee],
    values: [
      count('attempts', t.attempts),
      count('logical_operations', t.logical),
      count('retried_operations', t.retried),
      count('failed_attempts', t.failed),
      count('gave_up', t.gaveUp),
    ],
  };
  return { scope: 'operation', ...agentOperation(view, calls.caller), fact };
}

function stormInWindow(window: WindowContext, callee: string, c: Config): Finding | undefined {
  const facts = window.traces.flatMap((trace) => trace.facts.filter((fact) => fact.callee === callee));
  const tally: Tally = {
    attempts: total(facts, 'attempts'),
    logical: total(facts, 'logical_operations'),
    retried: total(facts, 'retried_operations'),
    failed: total(facts, 'failed_attempts'),
    gaveUp: total(facts, 'gave_up'),
  };
  const severity = severityOf(tally, c);
  if (severity === undefined) return undefined;
  const evidence = [...tallyMeasures(tally), count('traces', window.traces.length)];
  const e = reader(evidence);
  return makeFinding(window.tenant, {
    kind: 'retry_storm',
    severity,
    agent: window.agent,
    operation: window.operation,
    signature: callee,
    evidence,
    timeline: [],
    explanation:
      `Over ${number(window.traces.length)} traces ${window.operation} (agent ${window.agent}) made ` +
      `${number(tally.attempts)} attempts at ${callee} for ${number(tally.logical)} calls: ` +
      `${e('amplification').toFixed(2)} times the load. ${number(tally.failed)} attempts failed ` +
      `(${percent(e('failure_rate'))}), ${number(tally.retried)} calls were tried again, and ${number(tally.gaveUp)} gave up.`,
    recommendations: adviseRetries(callee, window.operation, evidence, c),
  });
}

export const detector: Detector<Config> = {
  kind: 'retry_storm',
  title: 'Retry storm',
  version: 1,
  config,
  couldShow: called,
  inTrace(trace, c) {
    const { view } = trace;
    const attempts = foldAttempts(view);
    const storms: Storm[] = [];
    const facts: TraceFact[] = [];
    const callees = [...rowsByCallee(view, isCall)].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
    for (const [callee, rows] of callees) {
      const storm = stormOf(trace, callee, rows, attempts, c);
      if (storm) storms.push(storm);
    }
    for (const [callee, rows] of callees.slice(0, MOST_FACTS))
      for (const calls of byCaller(view, callee, rows, attempts)) facts.push(factOf(view, calls, attempts));
    const weighed = markSymptoms(view, storms).map((finding) => ({
      finding,
      weight: reader(finding.evidence)('attempts'),
    }));
    return { findings: strongest(weighed), facts };
  },
  inWindow(window, c) {
    const callees = new Set(window.traces.flatMap((trace) => trace.facts.map((fact) => fact.callee)));
    return [...callees]
      .sort()
      .map((callee) => stormInWindow(window, callee, c))
      .filter((finding) => finding !== undefined);
  },
};
