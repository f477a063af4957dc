/** What one trace cannot show: that a callee's calls take longer where many of them run at once. */
import { number } from '#infra/format.ts';
import type { Finding, Measure } from '#schemas/events.ts';
import { int32s } from '../../trace/arrays.ts';
import { Sweep } from '../../trace/sweep.ts';
import type { TraceView } from '../../trace/view.ts';
import { agentOperations, busiestCallees, duration, failedCalls, isOutermostCall } from '../calls.ts';
import type { TraceFact, WindowContext } from '../detector.ts';
import { makeFinding } from '../finding.ts';
import { count, inMs, ms, ratio } from '../measures.ts';
import { quantile, sortedCopy, thinned } from '../stats.ts';

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

interface Group {
  /** Number of the calling agent operation. */
  readonly operation: number;
  readonly alone: number[];
  readonly crowded: number[];
}

/** How long the calls of each callee took when crowded and when (nearly) alone, by calling agent operation. */
export function slowdownFacts(view: TraceView, c: SlowdownLimits): TraceFact[] {
  const callees = busiestCallees(view, isOutermostCall);
  const facts: TraceFact[] = [];
  for (let i = 0; i < callees.length && i < MOST_FACTS; i++) {
    const { callee, rows } = callees[i];
    for (const { operation, alone, crowded } of groupsOf(view, rows, c)) {
      if (alone.length + crowded.length === 0) continue;
      const values: Measure[] = [];
      addSamples('alone', alone, values);
      addSamples('crowded', crowded, values);
      const by = agentOperations(view).list[operation];
      const fact = { kind: 'fanout_collapse', callee: view.strings[callee], values };
      facts.push({ scope: 'operation', agent: by.agent, operation: by.operation, fact });
    }
  }
  return facts;
}

/** The calls of one callee that did not fail. */
function groupsOf(view: TraceView, rows: readonly number[], c: SlowdownLimits): Group[] {
  const { of, list } = agentOperations(view);
  const failed = failedCalls(view);
  // So few cannot run beside more, nor can those of which at most two run at a time.
  const few = rows.length <= c.aloneConcurrency || (c.aloneConcurrency >= 2 && inPairs(view, rows));
  const sweep = few ? undefined : Sweep.of(view, rows);
  const places = int32s(list.length); // in `groups`, from 1
  const groups: Group[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (failed[row] === 1) continue;
    const operation = of[view.parent[row]];
    if (places[operation] === 0) places[operation] = groups.push({ operation, alone: [], crowded: [] });
    const group = groups[places[operation] - 1];
    const beside = sweep === undefined ? 0 : sweep.meanWithin(view.start[row], view.end[row]);
    if (beside <= c.aloneConcurrency) group.alone.push(duration(view, row));
    else if (beside >= c.crowdedConcurrency) group.crowded.push(duration(view, row));
  }
  return groups;
}

/** True where no three of the rows, given in order of start, run at the same time. */
function inPairs({ start, end }: TraceView, rows: readonly number[]): boolean {
  let last = 0;
  let beforeLast = 0;
  for (let i = 0; i < rows.length; i++) {
    if (start[rows[i]] < beforeLast) return false;
    const ends = end[rows[i]];
    if (ends >= last) {
      beforeLast = last;
      last = ends;
    } else if (ends > beforeLast) beforeLast = ends;
  }
  return true;
}

function addSamples(name: string, durations: readonly number[], values: Measure[]): void {
  if (durations.length === 0) return;
  if (durations.length === 1) return void values.push(ms(name, durations[0]));
  for (const ns of thinned(sortedCopy(durations), MOST_SAMPLES)) values.push(ms(name, ns));
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
