import { MAX_MESSAGE_BYTES } from '#infra/topics.ts';
import { encode } from '#schemas/codec.ts';
import type { Source } from '#schemas/events.ts';
import { signalKey, signalPartition } from '#schemas/signal-key.ts';
import type { AnalysedSignal, TraceAnalysis } from '../analyse.ts';
import { clampEventTime } from '../windows/clamp.ts';
import type { OpenTrace } from './open-trace.ts';

/** An encoded event for a topic; the partition is always explicit. */
export interface AssemblyOutput {
  readonly topic: 'traces' | 'signals';
  readonly partition: number;
  readonly key: string | null;
  readonly value: Uint8Array;
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
  #offset = -1;
  #sequence = 0;
  #muted = false;
  #outputs: AssemblyOutput[] = [];

  constructor(partition: number, signalPartitions: number) {
    this.#partition = partition;
    this.#signalPartitions = signalPartitions;
  }

  begin(offset: number, muted: boolean): void {
    this.#offset = offset;
    this.#sequence = 0;
    this.#muted = muted;
    this.#outputs = [];
  }

  end(): AssemblyOutput[] {
    return this.#outputs;
  }

  /** One revision of a trace: its summary, then a signal for each agent operation. */
  revision(
    trace: OpenTrace,
    analysis: TraceAnalysis,
    revision: number,
    clock: number,
    partial: boolean,
  ): void {
    const { eventTimeMs, signals, ...summary } = analysis;
    if (revision === 1) trace.eventTime = clampEventTime(eventTimeMs, clock);
    const source = this.#next(clock);
    if (!this.#muted) {
      const { firstOffset } = trace;
      const whole = { ...summary, revision, source, firstOffset, partial };
      let value = encode('TraceSummary', whole);
      // No broker would take it: what is left out can be had from the stored spans.
      if (value.length > MAX_SUMMARY_BYTES)
        value = encode('TraceSummary', { ...whole, path: [], nodes: [], edges: [], shares: [] });
      this.#outputs.push({ topic: 'traces', partition: this.#partition, key: trace.traceId, value });
    }
    const gone = new Map(trace.signalled);
    for (const signal of signals) {
      const { scope, agent, operation } = signal;
      const key = `${scope}\0${agent}\0${operation}`;
      gone.delete(key);
      trace.signalled.set(key, { scope, agent, operation });
      this.#signal(trace, signal, revision, clock);
    }
    // What a former revision said and this one does not is taken back by an empty signal.
    for (const was of gone.values())
      this.#signal(
        trace,
        { ...was, calls: 0, errors: 0, durationMs: 0, facts: [], findings: [], callees: [] },
        revision,
        clock,
      );
  }

  /** Tells every partition of ati.signals how far this source has come. */
  mark(clock: number): void {
    const source = this.#next(clock);
    if (this.#muted) return;
    const value = encode('ClockMark', { source });
    for (let partition = 0; partition < this.#signalPartitions; partition++)
      this.#outputs.push({ topic: 'signals', partition, key: null, value });
  }

  #signal(trace: OpenTrace, signal: AnalysedSignal, revision: number, clock: number): void {
    const source = this.#next(clock);
    if (this.#muted) return;
    const { tenant, traceId, eventTime } = trace;
    const { scope, agent, operation, calls, errors, durationMs, facts, findings, callees } = signal;
    const owner = { tenant, agent, operation };
    const value = encode('Signal', {
      tenant,
      scope,
      agent,
      operation,
      traceId,
      revision,
      eventTime,
      source,
      calls,
      errors,
      durationMs,
      facts,
      findings,
      callees,
    });
    const partition = signalPartition(owner, this.#signalPartitions);
    this.#outputs.push({ topic: 'signals', partition, key: signalKey(owner), value });
  }

  #next(clock: number): Source {
    return { partition: this.#partition, offset: this.#offset, sequence: this.#sequence++, clock };
  }
}
