/** Whether the steps of a blocking chain spend their time in something that is a finding of its own. */

import type { Finding } from '#schemas/events.ts';
import { int32s } from '../../trace/arrays.ts';
import { Sweep } from '../../trace/sweep.ts';
import type { TraceView } from '../../trace/view.ts';
import { agentOperation, failedCalls } from '../calls.ts';
import type { TraceContext } from '../detector.ts';
import { callByCall, fanoutBatches } from '../fanout/batches.ts';
import { reader } from '../measures.ts';
import { foldAttempts } from '../retries/attempts.ts';

/** Of the chain's cumulated latency: with less than a fifth of its own it would be no failure. Own choice. */
const MOST_OF_IT = 0.8;

/** When a span, or anything beneath it, is held up; ns. */
interface Delay {
  readonly row: number;
  /** False: the span itself only. */
  readonly beneath: boolean;
  readonly from: number;
  readonly to: number;
}

/** The collapse or storm in which the chain spends most of its cumulated latency; '' where none does. Ties: the least id. */
export function causeOfChain(chain: Finding, findings: readonly Finding[], trace: TraceContext): string {
  const enough = MOST_OF_IT * reader(chain.evidence)('cumulated_latency') * 1e6;
  let most = 0;
  let cause = '';
  for (const finding of [...findings].sort((a, b) => (a.incidentId < b.incidentId ? -1 : 1))) {
    const delays = delaysOf(finding, trace.view);
    const time = delays.length === 0 ? 0 : timeOnPath(trace, delays);
    if (time < enough || time <= most) continue;
    most = time;
    cause = finding.incidentId;
  }
  return cause;
}

function delaysOf(finding: Finding, view: TraceView): Delay[] {
  if (finding.kind === 'fanout_collapse') return queues(finding, view);
  return finding.kind === 'retry_storm' ? retries(finding, view) : [];
}

/** From the offer until the last call starts: what a batch takes longer than its calls. */
function queues({ agent, operation, signature }: Finding, view: TraceView): Delay[] {
  return fanoutBatches(view, 2)
    .filter((batch) => {
      const owner = agentOperation(view, batch.owner);
      return (
        view.strings[batch.callee] === signature && owner.agent === agent && owner.operation === operation
      );
    })
    .map(callByCall)
    .map(({ owner, calls }) => ({
      row: owner,
      beneath: true,
      from: calls.reduce((least, { offer }) => Math.min(least, offer), Number.POSITIVE_INFINITY),
      to: calls.reduce((last, { row }) => Math.max(last, view.start[row]), 0),
    }));
}

/** The failed attempts that were tried again, and the waits after them. */
function retries({ signature }: Finding, view: TraceView): Delay[] {
  const { previous } = foldAttempts(view);
  const failed = failedCalls(view);
  const delays: Delay[] = [];
  for (let row = 0; row < view.n; row++) {
    const before = previous[row];
    if (before < 0 || failed[before] === 0 || view.strings[view.callee[row]] !== signature) continue;
    delays.push({ row: before, beneath: true, from: view.start[before], to: view.end[before] });
    if (view.parent[row] >= 0)
      delays.push({ row: view.parent[row], beneath: false, from: view.end[before], to: view.start[row] });
  }
  return delays;
}

const sweepsByRow = (delays: readonly Delay[]): Map<number, Sweep> =>
  new Map(
    [...Map.groupBy(delays, ({ row }) => row)].map(([row, each]) => [
      row,
      new Sweep(
        each.map(({ from }) => from),
        each.map(({ from, to }) => Math.max(from, to)),
      ),
    ]),
  );

/** Time of the critical path that lies in delays, ns. */
function timeOnPath({ view, critical }: TraceContext, delays: readonly Delay[]): number {
  const beneath = sweepsByRow(delays.filter((delay) => delay.beneath));
  const own = sweepsByRow(delays.filter((delay) => !delay.beneath));
  /** The nearest row with delays, from the row itself upwards. */
  const within = int32s(view.n).fill(-1);
  for (const row of view.topDown)
    within[row] = beneath.has(row) ? row : view.parent[row] < 0 ? -1 : within[view.parent[row]];
  let time = 0;
  for (let i = 0; i < critical.n; i++) {
    const row = critical.row[i];
    const [from, to] = [critical.start[i], critical.end[i]];
    const inside = beneath.get(within[row])?.busyWithin(from, to) ?? 0;
    time += Math.min(to - from, inside + (own.get(row)?.busyWithin(from, to) ?? 0));
  }
  return time;
}
