import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import { clampEventTime } from '#processors/windows/clamp.ts';
import type { ClockMark, Signal, Source, TraceSummary } from '#schemas/events.ts';
import { type AnalysedSignal, analyseView } from './detection/analyse.ts';
import type { OpenTrace } from './open-trace.ts';
import { viewOfObjects } from './view-of-objects.ts';

/** What assembly tells of a partition, in this order. */
export interface Results {
  readonly summaries: TraceSummary[];
  readonly signals: (Signal | ClockMark)[];
}

const NOTHING = { calls: 0, errors: 0, durationMs: 0, facts: [], findings: [], callees: [] };

/** Turns closed traces into results, numbered by the record at which they closed. */
export class Reporter {
  readonly #partition: number;
  readonly #detectors: ConfiguredDetectors;
  #offset = -1;
  #sequence = 0;
  #results: Results = { summaries: [], signals: [] };

  constructor(partition: number, detectors: ConfiguredDetectors) {
    this.#partition = partition;
    this.#detectors = detectors;
  }

  /** What follows is told because of the record at `offset`. */
  at(offset: number): void {
    this.#offset = offset;
    this.#sequence = 0;
  }

  take(): Results {
    const results = this.#results;
    this.#results = { summaries: [], signals: [] };
    return results;
  }

  mark(clock: number): void {
    this.#results.signals.push({ source: this.#source(clock) });
  }

  /** The next revision of a trace: its summary, then a signal for each agent operation. */
  revision(trace: OpenTrace, clock: number): void {
    const { tenant, traceId, firstOffset } = trace;
    const analysis = analyseView(tenant, traceId, viewOfObjects(trace.spans), this.#detectors);
    const { eventTimeMs, signals, ...summary } = analysis;
    const revision = ++trace.revision;
    if (revision === 1) trace.eventTime = clampEventTime(eventTimeMs, clock);
    const source = this.#source(clock);
    const partial = !trace.rooted;
    this.#results.summaries.push({ ...summary, revision, source, firstOffset, partial });
    const gone = new Map(trace.signalled);
    for (const signal of signals) {
      const { scope, agent, operation } = signal;
      const key = `${scope}\0${agent}\0${operation}`;
      gone.delete(key);
      trace.signalled.set(key, { scope, agent, operation });
      this.#signal(trace, signal, clock);
    }
    // What a former revision said and this one does not is taken back.
    for (const was of gone.values()) this.#signal(trace, { ...was, ...NOTHING }, clock);
  }

  #signal({ tenant, traceId, revision, eventTime }: OpenTrace, signal: AnalysedSignal, clock: number): void {
    this.#results.signals.push({
      tenant,
      traceId,
      revision,
      eventTime,
      source: this.#source(clock),
      ...signal,
    });
  }

  #source(clock: number): Source {
    return { partition: this.#partition, offset: this.#offset, sequence: this.#sequence++, clock };
  }
}
