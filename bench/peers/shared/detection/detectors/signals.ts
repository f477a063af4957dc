import { isStream } from '#processors/detectors/streams/stalls.ts';
import { ROLE } from '#processors/trace/roles.ts';
import type { TraceView } from '#processors/trace/view.ts';
import type { Fact, Finding, Signal } from '#schemas/events.ts';
import { ATTR } from '#schemas/semconv.ts';
import { normalise } from '../trace/normalise.ts';
import { Sweep } from '../trace/sweep.ts';
import { CalleesBeneath } from './callees.ts';
import { agentOperations } from './calls.ts';
import type { TraceFact } from './detector.ts';

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

const keyOf = (scope: string, agent: string, operation: string) => JSON.stringify([scope, agent, operation]);

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
  const speaking = new Uint8Array(list.length);
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
  const beneath = new CalleesBeneath(view);
  return [...gathered.values()]
    .sort((a, b) => byName(a.scope, b.scope) || byName(a.agent, b.agent) || byName(a.operation, b.operation))
    .map((signal) => complete(view, signal, beneath));
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

function complete(view: TraceView, signal: Gathered, beneath: CalleesBeneath): AnalysedSignal {
  const { rows, facts, findings, ...identity } = signal;
  const sweep = new Sweep(
    rows.map((row) => view.start[row]),
    rows.map((row) => view.end[row]),
  );
  return {
    ...identity,
    calls: rows.length,
    errors: rows.filter((row) => view.status[row] === 2).length,
    durationMs: Number((sweep.busy / 1e6).toFixed(3)),
    facts: facts.sort((a, b) => byName(a.kind, b.kind) || byName(a.callee, b.callee)),
    findings: findings.sort((a, b) => byName(a.incidentId, b.incidentId)),
    callees: beneath.of(rows),
  };
}
