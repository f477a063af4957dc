import { viewSpanBatch } from '#schemas/codec.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import type { TraceAnalysis } from '../analyse.ts';
import { deadLetter, LATE, OK, type Outcome } from '../outcome.ts';
import { DescribedColumns } from '../trace/kinds.ts';
import { clampEventTime } from '../windows/clamp.ts';
import { rememberedUntil } from '../windows/session.ts';
import { isToldOn, onward } from '../windows/watermark.ts';
import { Emitter } from './emitter.ts';
import { OpenTraces, traceOrder } from './open-traces.ts';
import type { OutputWriter } from './outputs.ts';
import type { AssemblySettings } from './settings.ts';
import { type AssemblyStats, newStats } from './stats.ts';
import { Tombstones } from './tombstones.ts';
import { idWords, sameId } from './trace-ids.ts';
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
  /** Traces that were not analysed because of a bug, as TraceBug names them. */
  readonly skipped: readonly string[];
}

/** An error of the trace analysis, with the trace that brought it about. */
export class TraceBug extends Error {
  /** Tenant, trace id and first offset, with NUL between them: an id may come again later. */
  readonly trace: string;
  constructor(tenant: string, traceId: string, firstOffset: number, cause: unknown) {
    super(`analysis of trace ${tenant}/${traceId} failed: ${String(cause)}`, { cause });
    this.trace = nameOf(tenant, traceId, firstOffset);
  }
}

function nameOf(tenant: string, traceId: string, firstOffset: number): string {
  return `${traceOrder(tenant, traceId)}\0${firstOffset}`;
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
  readonly #tombstones = new Tombstones();
  readonly #skim = new DescribedColumns(512);
  readonly #traces: OpenTraces;
  #skipped: string[] = [];
  #clock: number;
  #nextOffset: number;

  /** `outputs`: where those of each record go. */
  constructor(
    partition: number,
    settings: AssemblySettings,
    analyse: Analyse,
    start: AssemblyStart,
    outputs: OutputWriter,
  ) {
    this.#settings = settings;
    this.#analyse = analyse;
    this.#start = start;
    this.#clock = start.clock;
    this.#nextOffset = start.offset;
    this.#emitter = new Emitter(partition, settings.signalPartitions, outputs);
    this.#traces = new OpenTraces(settings);
    for (const { order, expiry } of start.tombstones) {
      const tenant = this.#traces.tenantNumber(order.slice(0, -33));
      this.#tombstones.add(idWords(order.slice(-32)), 0, tenant, expiry);
    }
  }

  get clock(): number {
    return this.#clock;
  }

  /** The lowest offset that a later revision may still need, with the clock just before it. */
  floor(): { offset: number; clock: number } {
    const { oldest } = this.#traces;
    if (oldest < 0) return { offset: this.#nextOffset, clock: this.#clock };
    return { offset: this.#traces.firstOffset(oldest), clock: this.#traces.clockBefore(oldest) };
  }

  get openTraces(): number {
    return this.#traces.size;
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
    return { outcome, skipped: this.#skipped };
  }

  #apply(offset: number, value: Uint8Array, appendedAt: number): Outcome {
    const decoded = viewSpanBatch(value);
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
    const traces = this.#traces;
    for (;;) {
      const trace = traces.due(this.#clock);
      if (trace < 0) break;
      if (traces.sessions.isUnrevised(trace)) {
        this.#revise(trace, traces.dueAt(trace));
        traces.schedule(trace);
      } else this.#forget(trace);
    }
    this.#tombstones.purge(this.#clock);
  }

  /** Adds the skimmed spans; returns how many came too late. */
  #add(tenantName: string, otlp: Uint8Array, offset: number, clockBefore: number): number {
    const rows = this.#skim;
    if (rows.n === 0) return 0;
    const traces = this.#traces;
    const clock = this.#clock;
    const first = { offset, clockBefore, clock };
    const tenant = traces.tenantNumber(tenantName);
    traces.spans.open(otlp);
    let added = 0;
    let late = 0;
    let trace = -1;
    for (let row = 0; row < rows.n; row++) {
      if (row === 0 || !sameId(rows.traceWords, row * 4, rows.traceWords, row * 4 - 4))
        trace = this.#traceOf(tenant, row, first);
      const arrival = trace < 0 ? 'late' : traces.offer(trace, rows, row, clock);
      if (arrival === 'late') late++;
      if (arrival === 'added') {
        added++;
        if (traces.isOversized(trace)) {
          this.#cut(trace);
          trace = -1;
        }
      }
    }
    traces.endBatch(clock);
    this.stats.added += added;
    this.stats.late += late;
    this.stats.duplicate += rows.n - added - late;
    return late;
  }

  /** The trace of a row, a new one if need be; -1 where its time is over. */
  #traceOf(
    tenant: number,
    row: number,
    first: { readonly offset: number; readonly clockBefore: number; readonly clock: number },
  ): number {
    const ids = this.#skim.traceWords;
    const known = this.#traces.find(ids, row * 4, tenant);
    if (known >= 0) return known;
    if (this.#tombstones.covers(ids, row * 4, tenant, this.#clock)) return -1;
    return this.#traces.begin(ids, row * 4, tenant, first);
  }

  #revise(trace: number, clock: number, cut = false): void {
    const traces = this.#traces;
    const revision = traces.revise(trace, clock);
    const tenant = traces.tenantOf(trace);
    const traceId = traces.traceIdOf(trace);
    const firstOffset = traces.firstOffset(trace);
    let analysis: TraceAnalysis;
    const name = this.#start.skipTraces === undefined ? '' : nameOf(tenant, traceId, firstOffset);
    if (this.#start.skipTraces?.includes(name)) {
      this.#skipped.push(name);
      // A revision that was analysed tells more than one that was not.
      if (revision > 1) return;
      analysis = unanalysed(tenant, traceId, traces.columns(trace));
    } else
      try {
        analysis = this.#analyse(tenant, traceId, traces.columns(trace));
      } catch (cause) {
        throw new TraceBug(tenant, traceId, firstOffset, cause);
      }
    traces.spans.release();
    const partial = !traces.sessions.isComplete(trace) || cut;
    const eventTime = revision === 1 ? clampEventTime(analysis.eventTimeMs, clock) : traces.eventTime(trace);
    const signalled = traces.signalled(trace);
    const said = { analysis, revision, clock, partial, firstOffset, eventTime, signalled };
    traces.said(trace, eventTime, this.#emitter.revision(said));
    this.stats.revisions++;
    if (revision === 1) this.stats.closed++;
    if (partial) this.stats.partial++;
    const { findings } = this.stats;
    for (const { kind } of analysis.findings) findings[kind] = (findings[kind] ?? 0) + 1;
  }

  /** Closes a trace that has grown beyond its bound at once and for good. */
  #cut(trace: number): void {
    this.stats.oversized++;
    this.#revise(trace, this.#clock, true);
    this.#forget(trace);
  }

  #forget(trace: number): void {
    const traces = this.#traces;
    const until = rememberedUntil(traces.sessions.closedAt(trace), this.#settings);
    this.#tombstones.add(traces.ids, trace * 4, traces.tenantNumberOf(trace), until);
    traces.forget(trace);
  }
}
