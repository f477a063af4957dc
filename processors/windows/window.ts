import type { Fact, Finding, FindingKind, Signal } from '#schemas/events.ts';
import type { WindowTrace } from '../detectors/detector.ts';
import { byTrace, type Shown, type Slice } from './slice.ts';

/** What a detector's `couldShow` may ask of a signal; read when it does. */
class Asked implements Pick<Signal, 'callees' | 'facts'> {
  readonly #slice: Slice;
  readonly #row: number;

  constructor(slice: Slice, row: number) {
    this.#slice = slice;
    this.#row = row;
  }

  get callees(): string[] {
    return this.#slice.callees(this.#row);
  }

  get facts(): Fact[] {
    return this.#slice.facts(this.#row);
  }
}

const NONE: ReadonlySet<FindingKind> = new Set();

/** The signals of one window, as they are now: the union of its slices. */
export class Window {
  readonly #slices: readonly Slice[];
  /** What its signals may be part of, the findings of single traces aside. */
  readonly told: ReadonlySet<FindingKind>;
  /** Signals with anything in them. */
  readonly traffic: number;
  /** Of them, with findings of their own. */
  readonly found: number;

  constructor(slices: readonly Slice[]) {
    this.#slices = slices;
    let told: Set<FindingKind> | undefined;
    let traffic = 0;
    let found = 0;
    for (const slice of slices) {
      traffic += slice.traffic;
      found += slice.found;
      if (!slice.mayTell) continue;
      told ??= new Set();
      for (const kind of slice.told()) told.add(kind);
    }
    this.told = told ?? NONE;
    this.traffic = traffic;
    this.found = found;
  }

  /** True where nothing in it can be a finding. */
  get tellsNothing(): boolean {
    return this.found === 0 && this.told.size === 0;
  }

  /** What single traces show, by trace id. */
  shown(rootsOf: (findings: readonly Finding[]) => ReadonlyMap<string, Finding>): readonly Shown[] {
    if (this.found === 0) return [];
    return this.#slices.flatMap((slice) => slice.shown(rootsOf)).sort(byTrace);
  }

  /** By kind of fact, of the kinds told: the traces that have any, by trace id, each with those facts. */
  tracesByKind(): Map<FindingKind, WindowTrace[]> {
    const found = new Map<FindingKind, WindowTrace[]>();
    if (this.told.size === 0) return found;
    for (const slice of this.#slices) {
      // The same facts of many traces are read once.
      const read = new Map<number, readonly Fact[]>();
      for (let row = 0; row < slice.rows; row++) {
        if (!slice.isFactual(row)) continue;
        const number = slice.factsNumber(row);
        let facts = read.get(number);
        if (facts === undefined) {
          facts = slice.facts(row);
          read.set(number, facts);
        }
        this.#take(slice, row, facts, found);
      }
    }
    for (const traces of found.values()) traces.sort(byTrace);
    return found;
  }

  /** True where a signal with anything in it is such a one. */
  some(such: (signal: Pick<Signal, 'callees' | 'facts'>) => boolean): boolean {
    for (const slice of this.#slices)
      for (let row = 0; row < slice.rows; row++)
        if (slice.isTraffic(row) && such(new Asked(slice, row))) return true;
    return false;
  }

  #take(slice: Slice, row: number, facts: readonly Fact[], found: Map<FindingKind, WindowTrace[]>): void {
    let traceId: string | undefined;
    // Facts of one kind stand together, as stage 1 writes them.
    for (let from = 0; from < facts.length; ) {
      const { kind } = facts[from];
      let to = from + 1;
      while (to < facts.length && facts[to].kind === kind) to++;
      if (!this.told.has(kind)) {
        from = to;
        continue;
      }
      const again = traceId !== undefined;
      traceId ??= slice.traceId(row);
      const some = from === 0 && to === facts.length ? facts : facts.slice(from, to);
      const trace = { traceId, eventTime: slice.eventTime(row), facts: some };
      const traces = found.get(kind);
      const last = again ? traces?.[traces.length - 1] : undefined;
      if (traces === undefined) found.set(kind, [trace]);
      else if (last?.traceId !== traceId) traces.push(trace);
      else traces[traces.length - 1] = { ...trace, facts: [...last.facts, ...some] };
      from = to;
    }
  }
}
