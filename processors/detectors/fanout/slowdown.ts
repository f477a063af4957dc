/** What one trace cannot show: that a callee's calls take longer where many of them run at once. */

import { number } from '#infra/format.ts';
import type { Finding, Measure } from '#schemas/events.ts';
import { fillRows, sortRising } from '../../trace/arrays.ts';
import { keptFloat64s, keptInt32s, keptUint8s } from '../../trace/scratch.ts';
import { Sweep } from '../../trace/sweep.ts';
import type { TraceView } from '../../trace/view.ts';
import { agentOperations, duration, failedCalls } from '../calls.ts';
import type { TraceFact, WindowContext } from '../detector.ts';
import { makeFinding } from '../finding.ts';
import { count, inMs, ms, ratio } from '../measures.ts';
import { quantile, sortedCopy, thinned } from '../stats.ts';
import { type OutermostCalls, outermostCalls } from './outermost.ts';

export interface SlowdownLimits {
  readonly crowdedConcurrency: number;
  readonly aloneConcurrency: number;
  readonly minSlowdown: number;
  readonly minSamples: number;
}

/** Callees of one trace whose durations go into facts; the ones with most calls come first. */
const MOST_FACTS = 50;
/** Durations a fact carries of each class: enough for a median, few enough for a record. */
const MOST_SAMPLES = 32;

/** How a call ran. */
const RAN = { otherwise: 0, alone: 1, crowded: 2, failed: 3 } as const;

const keptRan = keptUint8s();
const keptFirst = keptInt32s();
const keptLast = keptInt32s();
const keptNext = keptInt32s();
const keptOperations = keptInt32s();
const keptSamples = keptFloat64s();

/** How long the calls of each callee took when crowded and when (nearly) alone, by calling agent operation. */
export function slowdownFacts(view: TraceView, c: SlowdownLimits): TraceFact[] {
  const calls = outermostCalls(view);
  const facts: TraceFact[] = [];
  const ran = keptRan(calls.n);
  for (let i = 0; i < calls.callees && i < MOST_FACTS; i++)
    if (judge(view, calls, i, c, ran)) factsOf(view, calls, i, ran, facts);
  return facts;
}

/** Sets `ran` of each call of the i-th callee, as in `byCallee`; false where none ran alone or crowded. */
function judge(
  view: TraceView,
  calls: OutermostCalls,
  i: number,
  c: SlowdownLimits,
  ran: Uint8Array,
): boolean {
  const { start, end } = view;
  const rows = calls.byCallee;
  const from = calls.from[i];
  const to = calls.from[i + 1];
  const failed = failedCalls(view);
  // So few cannot run beside more, nor can those of which at most two run at a time.
  const few = to - from <= c.aloneConcurrency || (c.aloneConcurrency >= 2 && inPairs(view, rows, from, to));
  const sweep = few || to - from <= FEW ? undefined : sweepOf(view, rows, from, to);
  // Beside so many a call is not alone, and among so few it is not crowded either.
  const most = to - from < c.crowdedConcurrency ? c.aloneConcurrency + 1 : to - from;
  let any = false;
  for (let at = from; at < to; at++) {
    const row = rows[at];
    ran[at] = RAN.failed;
    if (failed[row] === 1) continue;
    const beside = few
      ? 0
      : sweep === undefined
        ? meanBeside(view, rows, from, to, row, most)
        : sweep.meanWithin(start[row], end[row]);
    ran[at] =
      beside <= c.aloneConcurrency ? RAN.alone : beside >= c.crowdedConcurrency ? RAN.crowded : RAN.otherwise;
    any ||= ran[at] !== RAN.otherwise;
  }
  return any;
}

/** True where no three of the rows, given in order of start, run at the same time. */
function inPairs({ start, end }: TraceView, rows: Int32Array, from: number, to: number): boolean {
  let last = 0;
  let beforeLast = 0;
  for (let at = from; at < to; at++) {
    if (start[rows[at]] < beforeLast) return false;
    const ends = end[rows[at]];
    if (ends >= last) {
      beforeLast = last;
      last = ends;
    } else if (ends > beforeLast) beforeLast = ends;
  }
  return true;
}

/** Up to so many calls are compared with each other: cheaper than a sweep. */
const FEW = 16;

/**
 * As Sweep.meanWithin of the row's time, of the rows in order of start; of a row that takes time it may be any number
 * above `most` where it is above that.
 */
function meanBeside(
  { start, end }: TraceView,
  rows: Int32Array,
  from: number,
  to: number,
  row: number,
  most: number,
): number {
  const begins = start[row];
  const ends = end[row];
  const enough = most * (ends - begins);
  let time = 0;
  let level = 0;
  for (let at = from; at < to && start[rows[at]] <= ends && time <= enough; at++) {
    const other = rows[at];
    const shared = Math.min(end[other], ends) - Math.max(start[other], begins);
    if (shared > 0) time += shared;
    if (start[other] <= begins && end[other] > begins) level++;
  }
  return ends > begins ? time / (ends - begins) : level;
}

const keptStarts = keptFloat64s();
const keptStops = keptFloat64s();

function sweepOf({ start, end }: TraceView, rows: Int32Array, from: number, to: number): Sweep {
  const n = to - from;
  const starts = keptStarts(n);
  const ends = keptStops(n);
  for (let i = 0; i < n; i++) {
    starts[i] = start[rows[from + i]];
    ends[i] = end[rows[from + i]];
  }
  return new Sweep(starts, ends, n);
}

/** Adds what the calls of the i-th callee that did not fail tell, by calling agent operation in order of first call. */
function factsOf(
  view: TraceView,
  calls: OutermostCalls,
  i: number,
  ran: Uint8Array,
  facts: TraceFact[],
): void {
  const rows = calls.byCallee;
  const { of, list } = agentOperations(view);
  // A chain of calls for each operation: places in `rows`, from 1.
  const first = fillRows(keptFirst(list.length), list.length, 0);
  const last = keptLast(list.length);
  const next = keptNext(calls.n);
  const operations = keptOperations(list.length);
  let n = 0;
  for (let at = calls.from[i]; at < calls.from[i + 1]; at++) {
    if (ran[at] === RAN.failed) continue;
    const operation = of[view.parent[rows[at]]];
    if (first[operation] === 0) {
      operations[n++] = operation;
      first[operation] = at + 1;
    } else next[last[operation]] = at + 1;
    last[operation] = at;
    next[at] = 0;
  }
  const samples = keptSamples(calls.n);
  for (let k = 0; k < n; k++) {
    const values: Measure[] = [];
    for (let as: number = RAN.alone; as <= RAN.crowded; as++) {
      let found = 0;
      for (let at = first[operations[k]]; at > 0; at = next[at - 1])
        if (ran[at - 1] === as) samples[found++] = duration(view, rows[at - 1]);
      addSamples(as === RAN.alone ? 'alone' : 'crowded', samples, found, values);
    }
    if (values.length === 0) continue;
    const { agent, operation } = list[operations[k]];
    const fact = { kind: 'fanout_collapse', callee: view.strings[calls.callee[i]], values };
    facts.push({ scope: 'operation', agent, operation, fact });
  }
}

/** Adds measures of `ns[0 .. n)`, rising; of very many evenly spaced by rank, the first and the last among them. */
function addSamples(name: string, ns: Float64Array, n: number, values: Measure[]): void {
  sortRising(ns, n);
  if (n <= MOST_SAMPLES) for (let i = 0; i < n; i++) values.push(ms(name, ns[i]));
  else for (const each of thinned(ns.subarray(0, n), MOST_SAMPLES)) values.push(ms(name, each));
}

export function slowdown(window: WindowContext, callee: string, c: SlowdownLimits): Finding | undefined {
  const samples = (name: string) =>
    sortedCopy(
      window.traces.flatMap((trace) =>
        trace.facts
          .filter((fact) => fact.callee === callee)
          .flatMap((fact) => fact.values.filter((each) => each.name === name).map((each) => each.value)),
      ),
    );
  const alone = samples('alone');
  const crowded = samples('crowded');
  if (alone.length < c.minSamples || crowded.length < c.minSamples) return undefined;
  const before = quantile(alone, 0.5);
  const after = quantile(crowded, 0.5);
  if (before <= 0 || after < c.minSlowdown * before) return undefined;
  const evidence = [
    ms('p50_crowded', after * 1e6),
    ms('p50_alone', before * 1e6),
    ratio('slowdown', after / before),
    count('samples_crowded', crowded.length),
    count('samples_alone', alone.length),
    count('crowded_concurrency', c.crowdedConcurrency),
    count('alone_concurrency', c.aloneConcurrency),
  ];
  const few = number(c.aloneConcurrency);
  const many = number(c.crowdedConcurrency);
  return makeFinding(window.tenant, {
    kind: 'fanout_collapse',
    severity: 'warning',
    agent: window.agent,
    operation: window.operation,
    signature: callee,
    evidence,
    timeline: [],
    explanation:
      `${callee} called by ${window.operation} (agent ${window.agent}) takes ${inMs(after)} (p50) with ${many} or more ` +
      `calls in flight and ${inMs(before)} with ${few} or fewer: ${number(after / before)} times as long. It queues inside.`,
    recommendations: [
      {
        action: 'reduce_concurrency',
        text:
          `Keep fewer than ${many} calls of ${callee} in flight: at ${few} or fewer each took ${inMs(before)} instead ` +
          `of ${inMs(after)}.`,
      },
    ],
  });
}
