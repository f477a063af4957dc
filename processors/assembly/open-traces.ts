import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { grown } from '../grown.ts';
import type { DescribedColumns } from '../trace/kinds.ts';
import { Sessions } from '../windows/session.ts';
import { DueQueue } from './due-queue.ts';
import type { SignalIdentity } from './emitter.ts';
import type { AssemblySettings } from './settings.ts';
import { SpanStore, spanKey } from './span-store.ts';
import { Tenants } from './tenants.ts';
import { TraceTable } from './trace-table.ts';

/** What became of a span that met its trace. */
export type Arrival = 'added' | 'duplicate' | 'late';

const FIRST_BITS = 6;
const NONE: readonly SignalIdentity[] = [];
/** Of a trace with more spans a set says which are there already. */
const SCANNED = 64;
/** Spreads the ids of senders that count (2^32 divided by the golden ratio). */
const SPREAD = 0x9e3779b1;

/**
 * The open traces of a partition, each by a number while it is here: from its first span until it can no longer be
 * re-opened. A session window (whose rules stand in windows/session.ts) with the spans in it; complete when its root has
 * come. Columns of numbers, about 160 bytes a trace, and no object of its own.
 */
export class OpenTraces {
  readonly sessions: Sessions;
  readonly spans = new SpanStore();
  readonly #settings: AssemblySettings;
  /** After so long (ms of the log's clock) a trace is settled: twice what one of no duration takes. */
  readonly #settleMs: number;
  readonly #timers: DueQueue;
  readonly #table = new TraceTable(FIRST_BITS);
  /** Offset of the batch with the first span, and the partition's clock just before that batch. */
  #firstOffset = new Float64Array(1 << FIRST_BITS);
  #clockBefore = new Float64Array(1 << FIRST_BITS);
  /** Chain of spans, how many, and their bytes. */
  #firstRow = new Int32Array(1 << FIRST_BITS);
  #lastRow = new Int32Array(1 << FIRST_BITS);
  #count = new Int32Array(1 << FIRST_BITS);
  #bytes = new Float64Array(1 << FIRST_BITS);
  /** Two words: a bit for each span's id. Where a span's is not set, the trace has none of that id. */
  #seen = new Int32Array(2 << FIRST_BITS);
  /** In order of their first offset: the neighbours. Of a free number `younger` is the next free one. */
  #older = new Int32Array(1 << FIRST_BITS);
  #younger = new Int32Array(1 << FIRST_BITS);
  #revisions = new Int32Array(1 << FIRST_BITS);
  #eventTime = new Float64Array(1 << FIRST_BITS);
  /** 1 for a trace that the batch in work has changed; 2 for one that is settled. */
  #flags = new Uint8Array(1 << FIRST_BITS);
  /** Of the batch in work: where the resource was that this trace's last span has; -1 without one. */
  #resource = new Int32Array(1 << FIRST_BITS);
  readonly #large = new Map<number, Set<string>>();
  readonly #signalled = new Map<number, readonly SignalIdentity[]>();
  readonly #tenants = new Tenants();
  readonly #touched: number[] = [];
  #free = -1;
  #fresh = 0;
  #size = 0;
  #oldest = -1;
  #youngest = -1;
  /** The oldest that is not settled; -1 without one. */
  #unsettled = -1;

  constructor(settings: AssemblySettings) {
    this.#settings = settings;
    this.#settleMs = 2 * (settings.quietGapMs + settings.reopenMs);
    this.sessions = new Sessions(settings);
    this.#timers = new DueQueue((a, b) => this.#before(a, b));
  }

  get size(): number {
    return this.#size;
  }

  /** The one that began first; -1 without any. */
  get oldest(): number {
    return this.#oldest;
  }

  tenantNumber(tenant: string): number {
    return this.#tenants.numberOf(tenant);
  }

  tenantOf(trace: number): string {
    return this.#tenants.nameOf(this.#table.tenantOf(trace));
  }

  tenantNumberOf(trace: number): number {
    return this.#table.tenantOf(trace);
  }

  /** 32 hex digits. */
  traceIdOf(trace: number): string {
    return this.#table.idOf(trace);
  }

  /** The ids' words: those of a trace begin at its number times four. */
  get ids(): Uint32Array {
    return this.#table.words;
  }

  firstOffset(trace: number): number {
    return this.#firstOffset[trace];
  }

  clockBefore(trace: number): number {
    return this.#clockBefore[trace];
  }

  isOversized(trace: number): boolean {
    return this.#count[trace] > this.#settings.maxSpans || this.#bytes[trace] > this.#settings.maxBytes;
  }

  /** Event time of its signals, fixed by revision 1. */
  eventTime(trace: number): number {
    return this.#eventTime[trace];
  }

  /** Agent operations that some revision had a signal for, in order of their first. */
  signalled(trace: number): readonly SignalIdentity[] {
    return this.#signalled.get(trace) ?? NONE;
  }

  /** Keeps what the last revision has said. */
  said(trace: number, eventTime: number, signalled: readonly SignalIdentity[]): void {
    this.#eventTime[trace] = eventTime;
    if (signalled.length > 0) this.#signalled.set(trace, signalled);
  }

  /** The trace of four words and a tenant; -1 without one. */
  find(words: Uint32Array, at: number, tenant: number): number {
    return this.#table.find(words, at, tenant);
  }

  /** A new trace; firstOffset and clock never go back. */
  begin(
    words: Uint32Array,
    at: number,
    tenant: number,
    first: { readonly offset: number; readonly clockBefore: number; readonly clock: number },
  ): number {
    let trace = this.#free;
    if (trace >= 0) this.#free = this.#younger[trace];
    else {
      if (this.#fresh === this.#table.room) this.#grow();
      trace = this.#fresh++;
    }
    this.#table.put(trace, words, at, tenant);
    this.#firstOffset[trace] = first.offset;
    this.#clockBefore[trace] = first.clockBefore;
    this.#firstRow[trace] = -1;
    this.#lastRow[trace] = -1;
    this.#count[trace] = 0;
    this.#bytes[trace] = 0;
    this.#seen[trace * 2] = 0;
    this.#seen[trace * 2 + 1] = 0;
    this.#revisions[trace] = 0;
    this.#eventTime[trace] = 0;
    this.#flags[trace] = 0;
    this.#resource[trace] = -1;
    this.#older[trace] = this.#youngest;
    this.#younger[trace] = -1;
    if (this.#youngest >= 0) this.#younger[this.#youngest] = trace;
    else this.#oldest = trace;
    this.#youngest = trace;
    if (this.#unsettled < 0) this.#unsettled = trace;
    this.sessions.begin(trace, first.clock);
    this.#size++;
    return trace;
  }

  /** Offers row `row` of `rows`, whose bytes are the record that is open in `spans`, at `clock`. `endBatch` follows. */
  offer(trace: number, rows: DescribedColumns, row: number, clock: number): Arrival {
    const { spanWords, parentWords } = rows;
    const large = this.#count[trace] < SCANNED ? undefined : this.#large.get(trace);
    const key = large === undefined ? '' : keyOf(rows, row);
    const hash = Math.imul(spanWords[row * 2] ^ spanWords[row * 2 + 1], SPREAD) >>> 26;
    const seen = trace * 2 + (hash >> 5);
    const bit = 1 << (hash & 31);
    const perhaps = (this.#seen[seen] & bit) !== 0;
    if (perhaps && (large === undefined ? this.spans.has(this.#firstRow[trace], rows, row) : large.has(key)))
      return 'duplicate';
    if (this.sessions.isLate(trace, clock)) return 'late';
    const added = this.spans.add(rows, row);
    this.#seen[seen] |= bit;
    if (this.#lastRow[trace] >= 0) this.spans.chain(this.#lastRow[trace], added);
    else this.#firstRow[trace] = added;
    this.#lastRow[trace] = added;
    large?.add(key);
    if (++this.#count[trace] === SCANNED)
      this.#large.set(trace, new Set(this.spans.keys(this.#firstRow[trace])));
    // A resource counts once for each run of spans that share it in a batch.
    const resource = rows.resourceOffset[row];
    this.#bytes[trace] += rows.spanLength[row];
    if (this.#resource[trace] !== resource) {
      this.#resource[trace] = resource;
      this.#bytes[trace] += rows.resourceLength[row];
    }
    this.sessions.add(trace, clock, parentWords[row * 2] === 0 && parentWords[row * 2 + 1] === 0);
    if ((this.#flags[trace] & 1) === 0) {
      this.#flags[trace] |= 1;
      this.#touched.push(trace);
    }
    return 'added';
  }

  /** After the last row of a batch: what it has changed is due anew, and what has been here for long is settled. */
  endBatch(clock: number): void {
    for (const trace of this.#touched) {
      // One that was forgotten meanwhile is not marked any more.
      if ((this.#flags[trace] & 1) === 0) continue;
      this.#flags[trace] &= ~1;
      this.#resource[trace] = -1;
      this.schedule(trace);
      if ((this.#flags[trace] & 2) !== 0) this.spans.settle(this.#firstRow[trace]);
    }
    this.#touched.length = 0;
    for (;;) {
      const trace = this.#unsettled;
      if (trace < 0 || clock - this.sessions.firstClock(trace) < this.#settleMs) return;
      this.spans.settle(this.#firstRow[trace]);
      this.#flags[trace] |= 2;
      this.#unsettled = this.#younger[trace];
    }
  }

  /** Notes the next moment at which this trace must be looked at. */
  schedule(trace: number): void {
    this.#timers.set(trace, this.sessions.due(trace));
  }

  /** The first of those due at `clock`, in order of (due, tenant, trace id); -1 without one. It must change then. */
  due(clock: number): number {
    return this.#timers.first(clock);
  }

  dueAt(trace: number): number {
    return this.#timers.dueOf(trace);
  }

  /** Counts a revision at `clock`; returns its number. */
  revise(trace: number, clock: number): number {
    this.sessions.close(trace, clock);
    return ++this.#revisions[trace];
  }

  /** Its spans, in order of arrival, until the next call of this or `releaseColumns`. */
  columns(trace: number): SpanColumns {
    return this.spans.columns(this.#firstRow[trace], this.#count[trace], this.#table.words, trace * 4);
  }

  /** Lets it and its spans go; its number is free. */
  forget(trace: number): void {
    this.#timers.delete(trace);
    this.spans.free(this.#firstRow[trace], this.#lastRow[trace]);
    this.#large.delete(trace);
    this.#signalled.delete(trace);
    this.#flags[trace] = 0;
    this.#table.remove(trace);
    const older = this.#older[trace];
    const younger = this.#younger[trace];
    if (older >= 0) this.#younger[older] = younger;
    else this.#oldest = younger;
    if (younger >= 0) this.#older[younger] = older;
    else this.#youngest = older;
    if (this.#unsettled === trace) this.#unsettled = younger;
    this.#younger[trace] = this.#free;
    this.#free = trace;
    this.#size--;
  }

  /** Order of those due at one moment. */
  #before(a: number, b: number): boolean {
    const table = this.#table;
    if (table.tenantOf(a) === table.tenantOf(b)) return table.compareIds(a, b) < 0;
    return traceOrder(this.tenantOf(a), this.traceIdOf(a)) < traceOrder(this.tenantOf(b), this.traceIdOf(b));
  }

  /** Twice the room; all numbers are taken. */
  #grow(): void {
    const count = this.#table.room;
    const length = count * 2;
    this.#table.grow();
    this.#firstOffset = grown(this.#firstOffset, length);
    this.#clockBefore = grown(this.#clockBefore, length);
    this.#firstRow = grown(this.#firstRow, length);
    this.#lastRow = grown(this.#lastRow, length);
    this.#count = grown(this.#count, length);
    this.#bytes = grown(this.#bytes, length);
    this.#seen = grown(this.#seen, length * 2);
    this.#older = grown(this.#older, length);
    this.#younger = grown(this.#younger, length);
    this.#revisions = grown(this.#revisions, length);
    this.#eventTime = grown(this.#eventTime, length);
    this.#flags = grown(this.#flags, length);
    this.#resource = grown(this.#resource, length);
    for (let trace = 0; trace < count; trace++) this.#table.link(trace);
  }
}

/** What `SpanStore.keys` gives for a row. */
function keyOf({ spanWords, time, kind }: SpanColumns, row: number): string {
  const at = row * 2;
  return spanKey(spanWords[at], spanWords[at + 1], time[at * 2], time[at * 2 + 1], kind[row]);
}

/** Orders traces, and names one, across tenants. */
export function traceOrder(tenant: string, traceId: string): string {
  return `${tenant}\0${traceId}`;
}
