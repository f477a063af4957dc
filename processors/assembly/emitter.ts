import { MAX_MESSAGE_BYTES } from '#infra/topics.ts';
import { putClockMark, putSignal, putSummary } from '#schemas/codec.ts';
import type { Source } from '#schemas/events.ts';
import { SignalPlaces } from '#schemas/signal-key.ts';
import type { SignalFrame } from '#schemas/write-events.ts';
import { NO_LISTS, type SummaryFields, type WrittenLists } from '#schemas/write-summary.ts';
import type { AnalysedSignal, TraceAnalysis } from '../analyse.ts';
import type { OutputWriter } from './outputs.ts';

/** Whom a signal is about. */
export type SignalIdentity = Pick<AnalysedSignal, 'scope' | 'agent' | 'operation'>;

/** A revision of a trace, with what the log knows of it. */
export interface Revision {
  readonly analysis: TraceAnalysis;
  readonly revision: number;
  readonly clock: number;
  readonly partial: boolean;
  readonly firstOffset: number;
  /** Of its signals, unix ms. */
  readonly eventTime: number;
  /** Agent operations that former revisions had a signal for, in order of their first. */
  readonly signalled: readonly SignalIdentity[];
}

/** Together with the summaries that are sent in one request with it (`sendAll`) below what a topic takes. */
const MAX_SUMMARY_BYTES = MAX_MESSAGE_BYTES - (2 << 20);

/**
 * Numbers and encodes the outputs of one partition of ati.spans, record by record. While `muted` (a replay of what was
 * emitted before) it numbers them only, so that the numbers of what follows are the same.
 */
export class Emitter {
  readonly #partition: number;
  readonly #signalPartitions: number;
  readonly #places: SignalPlaces;
  readonly #outputs: OutputWriter;
  #offset = -1;
  #sequence = 0;
  #muted = false;

  constructor(partition: number, signalPartitions: number, outputs: OutputWriter) {
    this.#partition = partition;
    this.#signalPartitions = signalPartitions;
    this.#places = new SignalPlaces(signalPartitions);
    this.#outputs = outputs;
  }

  begin(offset: number, muted: boolean): void {
    this.#offset = offset;
    this.#sequence = 0;
    this.#muted = muted;
  }

  /**
   * One revision of a trace: its summary, then a signal for each agent operation. Returns the agent operations that a
   * revision so far has had a signal for.
   */
  revision(given: Revision): readonly SignalIdentity[] {
    const { analysis, revision, clock, eventTime, signalled } = given;
    const { tenant, traceId, signals } = analysis;
    const source = this.#next(clock);
    if (!this.#muted) {
      const whole = summaryOf(given, source);
      const before = this.#outputs.count;
      // No broker would take it: what is left out can be had from the stored spans.
      if (this.#summary(whole, analysis.lists) > MAX_SUMMARY_BYTES) {
        this.#outputs.cut(before);
        this.#summary(whole, NO_LISTS);
      }
    }
    const frame = { tenant, traceId, revision, eventTime };
    for (let i = 0; i < signals.length; i++) this.#signal(given, frame, signals[i]);
    if (signalled.length === 0) return identities(signals);
    const now = new Set(signals.map(identityKey));
    // What a former revision said and this one does not is taken back by an empty signal.
    for (const was of signalled)
      if (!now.delete(identityKey(was)))
        this.#signal(given, frame, {
          ...was,
          calls: 0,
          errors: 0,
          durationMs: 0,
          facts: [],
          findings: [],
          callees: [],
        });
    const fresh = signals.filter((signal) => now.has(identityKey(signal)));
    return [...signalled, ...identities(fresh)];
  }

  /** Tells every partition of ati.signals how far this source has come. */
  mark(clock: number): void {
    const source = this.#next(clock);
    if (this.#muted) return;
    for (let partition = 0; partition < this.#signalPartitions; partition++)
      this.#outputs.add('signals', partition, null, () => putClockMark(source));
  }

  /** Bytes of it. */
  #summary(fields: SummaryFields, lists: WrittenLists): number {
    return this.#outputs.add('traces', this.#partition, fields.traceId, () => putSummary(fields, lists));
  }

  #signal({ clock }: Revision, frame: SignalFrame, signal: AnalysedSignal): void {
    const source = this.#next(clock);
    if (this.#muted) return;
    const { partition, key } = this.#places.of(frame.tenant, signal.agent, signal.operation);
    this.#outputs.add('signals', partition, key, () => putSignal(frame, source, signal));
  }

  #next(clock: number): Source {
    return { partition: this.#partition, offset: this.#offset, sequence: this.#sequence++, clock };
  }
}

/** Field by field: to copy the analysis' fields as they come is many times the work. */
function summaryOf({ analysis, revision, firstOffset, partial }: Revision, source: Source): SummaryFields {
  return {
    tenant: analysis.tenant,
    traceId: analysis.traceId,
    revision,
    source,
    firstOffset,
    partial,
    rootSpanId: analysis.rootSpanId,
    rootService: analysis.rootService,
    rootAgent: analysis.rootAgent,
    rootOperation: analysis.rootOperation,
    startUnixNano: analysis.startUnixNano,
    durationNs: analysis.durationNs,
    spanCount: analysis.spanCount,
    errorCount: analysis.errorCount,
    findings: analysis.findings,
    insights: analysis.insights,
  };
}

function identities(signals: readonly AnalysedSignal[]): SignalIdentity[] {
  const all: SignalIdentity[] = [];
  for (let i = 0; i < signals.length; i++) {
    const { scope, agent, operation } = signals[i];
    all.push({ scope, agent, operation });
  }
  return all;
}

function identityKey({ scope, agent, operation }: SignalIdentity): string {
  return `${scope}\0${agent}\0${operation}`;
}
