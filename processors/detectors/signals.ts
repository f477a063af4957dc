import { rounded } from '#infra/format.ts';
import type { Fact, Finding, Signal } from '#schemas/events.ts';
import { ATTR } from '#schemas/semconv.ts';
import { sortFew, uint8s } from '../trace/arrays.ts';
import { normalise } from '../trace/normalise.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { type CalleesBeneath, calleesBeneath } from './callees.ts';
import { agentOperations } from './calls.ts';
import type { TraceFact } from './detector.ts';
import { isStream } from './streams/stalls.ts';

/** What one trace says about one agent operation, or (scope `instance`) about one service.instance.id. */
export interface AnalysedSignal {
  readonly scope: Signal['scope'];
  /** Normalised; with scope `instance` the service.name. */
  readonly agent: string;
  /** Normalised; with scope `instance` the service.instance.id as it is. */
  readonly operation: string;
  readonly calls: number;
  readonly errors: number;
  /** Time in which at least one of its calls ran, ms. */
  readonly durationMs: number;
  readonly facts: Fact[];
  readonly findings: Finding[];
  /** Normalised callees called beneath its spans, sorted, at most 50. */
  readonly callees: string[];
}

interface Gathered {
  readonly scope: Signal['scope'];
  readonly agent: string;
  readonly operation: string;
  readonly rows: number[];
  readonly facts: Fact[];
  readonly findings: Finding[];
}

const CALLERS: ReadonlySet<number> = new Set([ROLE.workflow, ROLE.agent, ROLE.planner, ROLE.worker]);

/** Operations that have signals: streams, the root, and agents' spans that call others. */
function speaks(view: TraceView, row: number): boolean {
  if (row === view.root || isStream(view, row)) return true;
  return CALLERS.has(view.role[row]) && view.children(row).length > 0;
}

const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** No two encode alike: lengths tell where the parts end. */
const keyOf = (scope: string, agent: string, operation: string) =>
  `${scope} ${agent.length} ${agent}${operation}`;

/**
 * The signals of a trace, one for each (scope, agent, operation), sorted by them. Whatever a fact or a finding is about
 * has a signal, with the calls of that agent operation in this trace (none where the trace only names it).
 */
export function signalsOf(
  view: TraceView,
  facts: readonly TraceFact[],
  findings: readonly Finding[],
): AnalysedSignal[] {
  const gathered = new Map<string, Gathered>();
  const at = (scope: Signal['scope'], agent: string, operation: string): Gathered => {
    const key = keyOf(scope, agent, operation);
    let signal = gathered.get(key);
    if (signal === undefined) {
      signal = { scope, agent, operation, rows: [], facts: [], findings: [] };
      gathered.set(key, signal);
    }
    return signal;
  };
  for (const { scope, agent, operation, fact } of facts) at(scope, agent, operation).facts.push(fact);
  for (const finding of findings) at('operation', finding.agent, finding.operation).findings.push(finding);
  const { of, list } = agentOperations(view);
  const speaking = uint8s(list.length);
  for (let row = 0; row < view.n; row++) if (speaks(view, row)) speaking[of[row]] = 1;
  const signals = list.map(({ agent, operation }, number) =>
    speaking[number] === 1
      ? at('operation', agent, operation)
      : gathered.get(keyOf('operation', agent, operation)),
  );
  for (let row = 0; row < view.n; row++) {
    signals[of[row]]?.rows.push(row);
    if (isStream(view, row)) streamOfInstance(view, row, at);
  }
  const beneath = calleesBeneath(view);
  const bySubject = (a: Gathered, b: Gathered) =>
    byName(a.scope, b.scope) || byName(a.agent, b.agent) || byName(a.operation, b.operation);
  return sortFew([...gathered.values()], bySubject).map((signal) => complete(view, signal, beneath));
}

function streamOfInstance(
  view: TraceView,
  row: number,
  at: (scope: 'instance', agent: string, operation: string) => Gathered,
): void {
  const instance = view.resource(row, ATTR.SERVICE_INSTANCE_ID);
  if (typeof instance !== 'string' || instance === '') return;
  at('instance', normalise(view.strings[view.service[row]]), instance).rows.push(row);
}

/** Time in which any of the spans, given in order of start, ran, ns. */
function busyTime({ start, end }: TraceView, rows: readonly number[]): number {
  let busy = 0;
  let until = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (end[row] <= until) continue;
    busy += end[row] - Math.max(start[row], until);
    until = end[row];
  }
  return busy;
}

function errorsOf({ status }: TraceView, rows: readonly number[]): number {
  let errors = 0;
  for (const row of rows) if (status[row] === 2) errors++;
  return errors;
}

function complete(view: TraceView, signal: Gathered, beneath: CalleesBeneath): AnalysedSignal {
  const { scope, agent, operation, rows, facts, findings } = signal;
  return {
    scope,
    agent,
    operation,
    calls: rows.length,
    errors: errorsOf(view, rows),
    durationMs: rounded(busyTime(view, rows) / 1e6, 3),
    facts: sortFew(facts, (a, b) => byName(a.kind, b.kind) || byName(a.callee, b.callee)),
    findings: sortFew(findings, (a, b) => byName(a.incidentId, b.incidentId)),
    callees: beneath.of(rows),
  };
}
