import { rounded } from '#infra/format.ts';
import type { Fact, Finding, Signal } from '#schemas/events.ts';
import { ATTR } from '#schemas/semconv.ts';
import { fillRows, sortFew } from '../trace/arrays.ts';
import { normalise } from '../trace/normalise.ts';
import { ROLE } from '../trace/roles.ts';
import { keptFloat64s, keptInt32s, keptUint8s } from '../trace/scratch.ts';
import type { TraceView } from '../trace/view.ts';
import { type CalleesBeneath, calleesBeneath } from './callees.ts';
import { agentOperations } from './calls.ts';
import type { TraceFact } from './detector.ts';
import { streamsIn } from './streams/stalls.ts';
import { Subjects } from './subjects.ts';

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

const isCaller = (role: number) =>
  role === ROLE.workflow || role === ROLE.agent || role === ROLE.planner || role === ROLE.worker;

const byName = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);
const bySubject = (a: AnalysedSignal, b: AnalysedSignal) =>
  byName(a.scope, b.scope) || byName(a.agent, b.agent) || byName(a.operation, b.operation);
const byCallee = (a: Fact, b: Fact) => byName(a.kind, b.kind) || byName(a.callee, b.callee);
const byId = (a: Finding, b: Finding) => byName(a.incidentId, b.incidentId);

const speaking = keptUint8s();
const calls = keptInt32s();
const errors = keptInt32s();
const callees = keptInt32s();
const busy = keptFloat64s();
const until = keptFloat64s();

/** What the rows of each subject of one trace add up to, by its number. */
class Sums {
  /** 1: it has a signal. */
  readonly speaking: Uint8Array;
  readonly calls: Int32Array;
  readonly errors: Int32Array;
  /** Sets of them, see CalleesBeneath. */
  readonly callees: Int32Array;
  /** Time in which any of the rows ran, ns. */
  readonly busy: Float64Array;
  readonly #until: Float64Array;

  /** Of at most `n` subjects. */
  constructor(n: number) {
    this.speaking = speaking(n);
    this.calls = calls(n);
    this.errors = errors(n);
    this.callees = callees(n);
    this.busy = busy(n);
    this.#until = until(n);
    for (let number = 0; number < n; number++) {
      this.speaking[number] = 0;
      this.calls[number] = 0;
      this.errors[number] = 0;
      this.callees[number] = 0;
      this.busy[number] = 0;
      this.#until[number] = 0;
    }
  }

  /** Rows come in order of start. */
  add(number: number, view: TraceView, row: number, beneath: CalleesBeneath): void {
    this.calls[number]++;
    if (view.status[row] === 2) this.errors[number]++;
    this.callees[number] = beneath.union(this.callees[number], beneath.beneath(row));
    const end = view.end[row];
    const before = this.#until[number];
    if (end <= before) return;
    this.busy[number] += end - Math.max(view.start[row], before);
    this.#until[number] = end;
  }
}

/**
 * The signals of a trace, one for each (scope, agent, operation), sorted by them. Operations that have one: streams, the
 * root, and agents' spans that call others; and whatever a fact or a finding is about, with the calls of that agent
 * operation in this trace (none where the trace only names it).
 */
export function signalsOf(
  view: TraceView,
  facts: readonly TraceFact[],
  findings: readonly Finding[],
): AnalysedSignal[] {
  const { of, list } = agentOperations(view);
  const { n, parent, role } = view;
  const subjects = new Subjects(list);
  const streams = streamsIn(view);
  const sums = new Sums(list.length + facts.length + findings.length + streams.length);
  const beneath = calleesBeneath(view);
  if (view.root >= 0) sums.speaking[of[view.root]] = 1;
  for (let row = 0; row < n; row++) {
    sums.add(of[row], view, row, beneath);
    const above = parent[row];
    if (above >= 0 && isCaller(role[above])) sums.speaking[of[above]] = 1;
  }
  for (let i = 0; i < streams.length; i++) {
    const row = streams[i];
    sums.speaking[of[row]] = 1;
    const instance = instanceOf(view, row, subjects);
    if (instance < 0) continue;
    sums.speaking[instance] = 1;
    sums.add(instance, view, row, beneath);
  }
  const findingsOf = bySubjects(findings, subjects, sums.speaking);
  const factsOf = new FactsBySubject(facts, subjects, sums.speaking);
  const signals: AnalysedSignal[] = [];
  for (let number = 0; number < subjects.count; number++) {
    if (sums.speaking[number] === 0) continue;
    const { agent, operation } = subjects.names(number);
    signals.push({
      scope: subjects.scope(number),
      agent,
      operation,
      calls: sums.calls[number],
      errors: sums.errors[number],
      durationMs: rounded(sums.busy[number] / 1e6, 3),
      facts: sortFew(factsOf.of(number), byCallee),
      findings: sortFew(findingsOf?.get(number) ?? [], byId),
      callees: beneath.names(sums.callees[number]),
    });
  }
  return sortFew(signals, bySubject);
}

/** The number of the instance that streamed; -1 where it has no name. */
function instanceOf(view: TraceView, row: number, subjects: Subjects): number {
  const instance = view.resource(row, ATTR.SERVICE_INSTANCE_ID);
  if (typeof instance !== 'string' || instance === '') return -1;
  return subjects.numberOf('instance', normalise(view.strings[view.service[row]]), instance);
}

const numberOfFact = keptInt32s();
const keptEnds = keptInt32s();
/** Facts whose list is kept for the next trace. */
const MOST_KEPT = 1024;
/** As long as the longest list of facts so far: the last of it is left over. */
const kept: Fact[] = [];

/** The facts of one trace by the numbers of their subjects, in the order in which they were found. No more are numbered. */
class FactsBySubject {
  readonly #sorted: Fact[];
  /** Where each subject's facts end in `#sorted`; they begin where those of the one before end. */
  readonly #ends: Int32Array;

  constructor(facts: readonly TraceFact[], subjects: Subjects, speaking: Uint8Array) {
    const numbers = numberOfFact(facts.length);
    const sorted = facts.length <= MOST_KEPT ? kept : [];
    for (let i = 0; i < facts.length; i++) {
      const { scope, agent, operation, fact } = facts[i];
      numbers[i] = subjects.numberOf(scope, agent, operation);
      speaking[numbers[i]] = 1;
      if (i >= sorted.length) sorted.push(fact);
    }
    const ends = fillRows(keptEnds(subjects.count + 1), subjects.count + 1, 0);
    for (let i = 0; i < facts.length; i++) ends[numbers[i] + 1]++;
    for (let number = 0; number < subjects.count; number++) ends[number + 1] += ends[number];
    for (let i = 0; i < facts.length; i++) sorted[ends[numbers[i]]++] = facts[i].fact;
    this.#sorted = sorted;
    this.#ends = ends;
  }

  of(number: number): Fact[] {
    const from = number === 0 ? 0 : this.#ends[number - 1];
    const to = this.#ends[number];
    return from === to ? [] : this.#sorted.slice(from, to);
  }
}

/** Undefined where nothing was found. */
function bySubjects(
  findings: readonly Finding[],
  subjects: Subjects,
  speaking: Uint8Array,
): Map<number, Finding[]> | undefined {
  if (findings.length === 0) return undefined;
  const found = new Map<number, Finding[]>();
  for (const finding of findings) {
    const number = subjects.numberOf('operation', finding.agent, finding.operation);
    speaking[number] = 1;
    const others = found.get(number);
    if (others === undefined) found.set(number, [finding]);
    else others.push(finding);
  }
  return found;
}
