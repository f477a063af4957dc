import { textAt } from '#schemas/avro/reader.ts';
import type { Fact, Finding, FindingKind } from '#schemas/events.ts';
import { sameBytes } from '#schemas/otlp/words.ts';
import { readCalleesBehind, readFacts, readFindings } from '#schemas/read-signal.ts';
import { grown } from '../grown.ts';
import { BytePool } from './byte-pool.ts';
import type { Taken } from './waiting.ts';

/** Columns of a row. */
const TRACE_AT = 0;
const TRACE_END = 1;
/** Numbers of byte strings: the facts; the findings with the callees behind them. */
const FACTS = 2;
const REST = 3;
const REVISION = 4;
const STATE = 5;
const COLUMNS = 6;

/** Bits of a row's state; a row that was removed has none. */
const HELD = 1;
const TRAFFIC = 2;
const FACTUAL = 4;
const FOUND = 8;

/** What a signal's facts may be part of: evaluate.ts. */
export type Telling = (facts: readonly Fact[]) => readonly FindingKind[];

/** True where the trace still has anything of this agent operation (else: an empty signal that took it back). */
export function isTraffic({ calls, tails, tail }: Taken): boolean {
  return calls > 0 || tails.hasFacts(tail) || tails.hasFindings(tail);
}

/** What a trace shows alone, by incident. */
export interface Shown {
  readonly traceId: string;
  readonly eventTime: number;
  readonly roots: ReadonlyMap<string, Finding>;
}

/**
 * The signals of one group in one hop of event time, each a row of numbers. Most are healthy and never looked at: of
 * those with the same facts or callees the bytes stand here once, and nothing of them is an object.
 */
export class Slice {
  readonly hop: number;
  /** Among the slices of its group, those that are gone too. */
  readonly serial: number;
  readonly #telling: Telling;
  readonly #pool = new BytePool();
  #rows = new Int32Array(COLUMNS * 4);
  #times = new Float64Array(4);
  #length = 0;
  #size = 0;
  #traffic = 0;
  /** By number of the facts' bytes: what they may be part of, where it is anything. */
  readonly #tells = new Map<number, readonly FindingKind[]>();
  /** Of what signals here may be part: by how many of them. */
  readonly #told = new Map<FindingKind, number>();
  #found = 0;
  #shown: readonly Shown[] | undefined;
  /** Of the row put in last; a number, since they themselves are freed sooner. */
  #lastTails = -1;
  #lastTail = 0;

  constructor(hop: number, serial: number, telling: Telling) {
    this.hop = hop;
    this.serial = serial;
    this.#telling = telling;
  }

  /** Signals. */
  get size(): number {
    return this.#size;
  }

  /** Of them, with anything in them. */
  get traffic(): number {
    return this.#traffic;
  }

  /** Of them, with findings. */
  get found(): number {
    return this.#found;
  }

  /** Rows, those removed among them. */
  get rows(): number {
    return this.#length;
  }

  /** Takes a signal; returns its row. */
  add(signal: Taken): number {
    const { tails, tail, traceAt, traceEnd } = signal;
    const row = this.#length++;
    if (row === this.#times.length) {
      this.#times = grown(this.#times, row * 2);
      this.#rows = grown(this.#rows, row * 2 * COLUMNS);
    }
    const pool = this.#pool;
    const before = pool.count;
    const { words } = tails;
    const findingsAt = tails.findingsAt(tail);
    const hasFacts = tails.hasFacts(tail);
    const hasFindings = tails.hasFindings(tail);
    // Neighbours mostly say the same.
    const same = row > 0 && tails.serial === this.#lastTails && tail === this.#lastTail;
    const last = (row - 1) * COLUMNS;
    const facts = same
      ? this.#rows[last + FACTS]
      : pool.intern(words, tails.factsAt(tail), findingsAt, tails.factsHash(tail));
    if (facts === before && hasFacts) this.#note(facts);
    const at = row * COLUMNS;
    const start = pool.append(signal.words, traceAt, traceEnd);
    const rest = same
      ? this.#rows[last + REST]
      : pool.intern(words, findingsAt, tails.endOf(tail), tails.restHash(tail));
    this.#lastTails = tails.serial;
    this.#lastTail = tail;
    const rows = this.#rows;
    rows[at + TRACE_AT] = start;
    rows[at + TRACE_END] = start + traceEnd - traceAt;
    rows[at + FACTS] = facts;
    rows[at + REST] = rest;
    rows[at + REVISION] = signal.revision;
    rows[at + STATE] =
      HELD |
      (signal.calls > 0 || hasFacts || hasFindings ? TRAFFIC : 0) |
      (hasFacts ? FACTUAL : 0) |
      (hasFindings ? FOUND : 0);
    this.#times[row] = signal.eventTime;
    this.#count(row, 1);
    return row;
  }

  remove(row: number): void {
    this.#count(row, -1);
    this.#rows[row * COLUMNS + STATE] = 0;
  }

  /** False where `told` has nothing to say. */
  get mayTell(): boolean {
    return this.#told.size > 0;
  }

  /** What its signals may be part of, the findings of single traces aside. */
  *told(): Iterable<FindingKind> {
    for (const [kind, signals] of this.#told) if (signals > 0) yield kind;
  }

  /** True where its trace id is the bytes [from, to) of `b`. */
  isOf(row: number, b: DataView, from: number, to: number): boolean {
    const at = row * COLUMNS;
    const start = this.#rows[at + TRACE_AT];
    const size = to - from;
    return this.#rows[at + TRACE_END] - start === size && sameBytes(this.#pool.words, start, b, from, size);
  }

  traceId(row: number): string {
    const at = row * COLUMNS;
    return textAt(this.#pool.bytes, this.#rows[at + TRACE_AT], this.#rows[at + TRACE_END]);
  }

  eventTime(row: number): number {
    return this.#times[row];
  }

  revision(row: number): number {
    return this.#rows[row * COLUMNS + REVISION];
  }

  isTraffic(row: number): boolean {
    return (this.#rows[row * COLUMNS + STATE] & TRAFFIC) !== 0;
  }

  isFactual(row: number): boolean {
    return (this.#rows[row * COLUMNS + STATE] & FACTUAL) !== 0;
  }

  /** The same number for the same facts. */
  factsNumber(row: number): number {
    return this.#rows[row * COLUMNS + FACTS];
  }

  facts(row: number): Fact[] {
    return readFacts(this.#pool.bytes, this.#pool.startOf(this.factsNumber(row)));
  }

  findings(row: number): Finding[] {
    const at = row * COLUMNS;
    if ((this.#rows[at + STATE] & FOUND) === 0) return [];
    return readFindings(this.#pool.bytes, this.#pool.startOf(this.#rows[at + REST]));
  }

  /** The same number for the same findings and callees. */
  restNumber(row: number): number {
    return this.#rows[row * COLUMNS + REST];
  }

  callees(row: number): string[] {
    return readCalleesBehind(this.#pool.bytes, this.#pool.startOf(this.restNumber(row)));
  }

  /** What its signals show alone, by trace id. `rootsOf`: always the same function. */
  shown(rootsOf: (findings: readonly Finding[]) => ReadonlyMap<string, Finding>): readonly Shown[] {
    if (this.#shown !== undefined) return this.#shown;
    const shown: Shown[] = [];
    for (let row = 0; row < this.#length && this.#found > 0; row++) {
      if ((this.#rows[row * COLUMNS + STATE] & FOUND) === 0) continue;
      const roots = rootsOf(this.findings(row));
      shown.push({ traceId: this.traceId(row), eventTime: this.#times[row], roots });
    }
    this.#shown = shown.sort(byTrace);
    return shown;
  }

  #note(facts: number): void {
    const kinds = this.#telling(readFacts(this.#pool.bytes, this.#pool.startOf(facts)));
    if (kinds.length > 0) this.#tells.set(facts, kinds);
  }

  #count(row: number, by: 1 | -1): void {
    const state = this.#rows[row * COLUMNS + STATE];
    this.#size += by;
    if ((state & TRAFFIC) !== 0) this.#traffic += by;
    if ((state & FOUND) !== 0) {
      this.#found += by;
      this.#shown = undefined;
    }
    if (this.#tells.size === 0) return;
    for (const kind of this.#tells.get(this.factsNumber(row)) ?? [])
      this.#told.set(kind, (this.#told.get(kind) ?? 0) + by);
  }
}

/** Order of trace ids. */
export function byTrace(a: { readonly traceId: string }, b: { readonly traceId: string }): number {
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0;
}
