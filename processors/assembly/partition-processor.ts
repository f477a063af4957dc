import { decodeAs } from '#schemas/codec.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import type { TraceAnalysis } from '../analyse.ts';
import { deadLetter, LATE, OK, type Outcome } from '../outcome.ts';
import { rememberedUntil } from '../windows/session.ts';
import { isToldOn, onward } from '../windows/watermark.ts';
import { DueQueue } from './due-queue.ts';
import { type AssemblyOutput, Emitter } from './emitter.ts';
import { OpenTrace, traceOrder } from './open-trace.ts';
import type { AssemblySettings } from './settings.ts';
import { type AssemblyStats, newStats } from './stats.ts';
import { Tombstones } from './tombstones.ts';
import { unanalysed } from './unanalysed.ts';

export type Analyse = (tenant: string, traceId: string, columns: SpanColumns) => TraceAnalysis;

/**
 * A door stamps what it takes, then the broker appends it. A stamp that is so much later than that is no clock's: it would
 * close every trace and every window of the partition for good. (Doors whose clocks are off by seconds are unready.)
 */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;

/** Where a processor starts. `clock`: just before the first record it gets; below `done` nothing is emitted again. */
export interface AssemblyStart {
  /** Offset of the first record it gets. */
  readonly offset: number;
  readonly clock: number;
  readonly done: number;
  /** Traces closed before, none of which the replay rebuilds; expiry in ms of the log's clock. */
  readonly tombstones: readonly { readonly order: string; readonly expiry: number }[];
  /** Records and traces (by TraceBug's `trace`) that failed three times by a bug: passed over. */
  readonly skipOffsets?: readonly number[];
  readonly skipTraces?: readonly string[];
}

export const FROM_THE_START: AssemblyStart = { offset: 0, clock: 0, done: 0, tombstones: [] };

export interface Processed {
  readonly outcome: Outcome;
  readonly outputs: AssemblyOutput[];
  /** Traces that were not analysed because of a bug, as TraceBug names them. */
  readonly skipped: readonly string[];
}

/** An error of the trace analysis, with the trace that brought it about. */
export class TraceBug extends Error {
  /** Tenant, trace id and first offset, with NUL between them: an id may come again later. */
  readonly trace: string;
  constructor(trace: OpenTrace, cause: unknown) {
    super(`analysis of trace ${trace.tenant}/${trace.traceId} failed: ${String(cause)}`, { cause });
    this.trace = nameOf(trace);
  }
}

function nameOf({ order, firstOffset }: OpenTrace): string {
  return `${order}\0${firstOffset}`;
}

/**
 * Stage 1 for one partition of ati.spans: a pure function of the records it is given, in order of their offsets (design
 * §4). No IO and no clock but the one on the log: receivedAt. Timers fire per record, before its spans are added, each
 * at its own due time, so that outputs do not depend on how often the clock is heard of.
 */
export class PartitionProcessor {
  readonly stats: AssemblyStats = newStats();
  readonly #settings: AssemblySettings;
  readonly #analyse: Analyse;
  readonly #start: AssemblyStart;
  readonly #emitter: Emitter;
  readonly #timers = new DueQueue<OpenTrace>();
  readonly #tombstones = new Tombstones();
  readonly #skim = new SpanColumns(512);
  /** tenant → trace id → trace */
  readonly #traces = new Map<string, Map<string, OpenTrace>>();
  #skipped: string[] = [];
  #clock: number;
  #nextOffset: number;

  constructor(partition: number, settings: AssemblySettings, analyse: Analyse, start: AssemblyStart) {
    this.#settings = settings;
    this.#analyse = analyse;
    this.#start = start;
    this.#clock = start.clock;
    this.#nextOffset = start.offset;
    this.#emitter = new Emitter(partition, settings.signalPartitions);
    for (const { order, expiry } of start.tombstones) this.#tombstones.add(order, expiry);
  }

  get clock(): number {
    return this.#clock;
  }

  /** The lowest offset that a later revision may still need, with the clock just before it. */
  floor(): { offset: number; clock: number } {
    let offset = this.#nextOffset;
    let clock = this.#clock;
    for (const traces of this.#traces.values())
      for (const trace of traces.values())
        if (trace.firstOffset < offset) {
          offset = trace.firstOffset;
          clock = trace.clockBefore;
        }
    return { offset, clock };
  }

  get openTraces(): number {
    let n = 0;
    for (const traces of this.#traces.values()) n += traces.size;
    return n;
  }

  get tombstones(): number {
    return this.#tombstones.size;
  }

  /**
   * Throws only for a bug; the processor is then of no use any more. `appendedAt`: when the broker took the record, unix
   * ms, as the log says.
   */
  process(offset: number, value: Uint8Array, appendedAt = Infinity): Processed {
    this.#nextOffset = offset + 1;
    this.#skipped = [];
    this.#emitter.begin(offset, offset < this.#start.done);
    const outcome = this.#start.skipOffsets?.includes(offset)
      ? deadLetter('process', 'bug')
      : this.#apply(offset, value, appendedAt);
    return { outcome, outputs: this.#emitter.end(), skipped: this.#skipped };
  }

  #apply(offset: number, value: Uint8Array, appendedAt: number): Outcome {
    const decoded = decodeAs('SpanBatch', value);
    if (!decoded.ok) return deadLetter('decode', decoded.reason);
    const { tenant, receivedAt, otlp } = decoded.value;
    if (receivedAt > appendedAt + MAX_AHEAD_MS)
      return deadLetter(
        'clock',
        `received at ${receivedAt}, a day and more after it was written, at ${appendedAt}`,
      );
    this.#skim.n = 0;
    this.#skim.buffers = [];
    const skimmed = otlp.length === 0 ? undefined : skimSpans(otlp, this.#skim);
    if (skimmed !== undefined && !skimmed.ok) return deadLetter('skim', skimmed.reason);

    const before = this.#clock;
    this.#clock = onward(before, receivedAt);
    this.#fire();
    const late = this.#add(tenant, otlp, offset, before);
    if (isToldOn(before, this.#clock, this.#settings.markEveryMs)) this.#emitter.mark(this.#clock);
    return late > 0 && late === this.#skim.n ? LATE : OK;
  }

  /** Fires what is due, in order of (due, tenant, trace id). */
  #fire(): void {
    for (;;) {
      const trace = this.#timers.pop(this.#clock);
      if (trace === undefined) break;
      if (trace.unrevised) this.#revise(trace, trace.due);
      else this.#forget(trace);
      trace.schedule();
      this.#timers.push(trace);
    }
    this.#tombstones.purge(this.#clock);
  }

  /** Adds the skimmed spans; returns how many came too late. */
  #add(tenant: string, otlp: Uint8Array, offset: number, clockBefore: number): number {
    const rows = this.#skim;
    const touched = new Set<OpenTrace>();
    let late = 0;
    let trace: OpenTrace | undefined;
    for (let row = 0; row < rows.n; row++) {
      if (row === 0 || !sameTrace(rows, row)) trace = this.#traceOf(tenant, row, offset, clockBefore);
      const arrival = trace === undefined ? 'late' : trace.offer(rows, row, otlp, this.#clock);
      this.stats[arrival]++;
      if (arrival === 'late') late++;
      if (arrival === 'added') {
        touched.add(trace!);
        if (trace!.oversized) {
          this.#cut(trace!);
          touched.delete(trace!);
          trace = undefined;
        }
      }
    }
    for (const changed of touched) {
      changed.spans.releaseBatch();
      const was = changed.due;
      changed.schedule();
      // A new trace has no entry yet; a due time that fell is not found by its old entry in time.
      if (was === 0 || changed.due < was) this.#timers.push(changed);
    }
    return late;
  }

  /** The trace of a row, a new one if need be; undefined where its time is over. */
  #traceOf(tenant: string, row: number, offset: number, clockBefore: number): OpenTrace | undefined {
    const ids = this.#skim.traceId;
    const traceId = Buffer.from(ids.buffer, ids.byteOffset + row * 16, 16).toString('hex');
    let traces = this.#traces.get(tenant);
    const known = traces?.get(traceId);
    if (known !== undefined) return known;
    if (this.#tombstones.covers(traceOrder(tenant, traceId), this.#clock)) return undefined;
    if (traces === undefined) {
      traces = new Map();
      this.#traces.set(tenant, traces);
    }
    const trace = new OpenTrace(tenant, traceId, { offset, clockBefore, clock: this.#clock }, this.#settings);
    traces.set(traceId, trace);
    return trace;
  }

  #revise(trace: OpenTrace, clock: number, cut = false): void {
    const revision = trace.revise(clock);
    const { tenant, traceId, spans } = trace;
    let analysis: TraceAnalysis;
    if (this.#start.skipTraces?.includes(nameOf(trace))) {
      this.#skipped.push(nameOf(trace));
      // A revision that was analysed tells more than one that was not.
      if (revision > 1) return;
      analysis = unanalysed(tenant, traceId, spans.columns);
    } else
      try {
        analysis = this.#analyse(tenant, traceId, spans.columns);
      } catch (cause) {
        throw new TraceBug(trace, cause);
      }
    const partial = !trace.rooted || cut;
    this.#emitter.revision(trace, analysis, revision, clock, partial);
    this.stats.revisions++;
    if (revision === 1) this.stats.closed++;
    if (partial) this.stats.partial++;
    const { findings } = this.stats;
    for (const { kind } of analysis.findings) findings[kind] = (findings[kind] ?? 0) + 1;
  }

  /** Closes a trace that has grown beyond its bound at once and for good. */
  #cut(trace: OpenTrace): void {
    this.stats.oversized++;
    this.#revise(trace, this.#clock, true);
    this.#forget(trace);
    trace.schedule();
  }

  #forget(trace: OpenTrace): void {
    trace.forget();
    const traces = this.#traces.get(trace.tenant)!;
    traces.delete(trace.traceId);
    if (traces.size === 0) this.#traces.delete(trace.tenant);
    this.#tombstones.add(trace.order, rememberedUntil(trace.closedAt, this.#settings));
  }
}

/** True when a row is of the same trace as the one before it. */
function sameTrace(rows: SpanColumns, row: number): boolean {
  const at = row * 16;
  for (let i = at; i < at + 16; i++) if (rows.traceId[i] !== rows.traceId[i - 16]) return false;
  return true;
}
