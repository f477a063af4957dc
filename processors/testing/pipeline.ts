import type { IncidentEvent, Signal, SpanBatch, TraceSummary } from '#schemas/events.ts';
import { type DriverOptions, PipelineDriver } from './driver.ts';

/** A record of ati.spans: its spans must belong to that partition. */
export interface PlacedBatch {
  readonly partition: number;
  readonly batch: SpanBatch;
}

export interface PipelineOptions extends DriverOptions {
  /** Virtual time (unix ms) up to which every partition's clock runs at the end; default ten minutes past the last. */
  readonly until?: number;
}

export interface PipelineResult {
  readonly traces: TraceSummary[];
  readonly signals: Signal[];
  /** In the order in which each partition of ati.signals gave them. */
  readonly incidents: IncidentEvent[];
  /** The bytes of `incidents`. */
  readonly incidentBytes: Uint8Array[];
  /** Records that could not be read, by step and reason. */
  readonly deadLetters: string[];
}

const TEN_MINUTES = 600_000;

/**
 * Both stages in memory and in virtual time, without a broker: the same processors as in production, fed record by
 * record in the given order. Throws where the options are wrong. Step by step: `driver.ts`.
 */
export function runPipeline(given: readonly PlacedBatch[], options: PipelineOptions = {}): PipelineResult {
  const driver = new PipelineDriver(options);
  let last = 0;
  for (const { partition, batch } of given) {
    last = Math.max(last, batch.receivedAt);
    driver.pipe(partition, batch);
  }
  driver.advanceTo(options.until ?? last + TEN_MINUTES);
  const incidents = driver.readIncidents();
  return {
    traces: driver.readTraces(),
    signals: driver.readSignals(),
    incidents: incidents.map(({ event }) => event),
    incidentBytes: incidents.map(({ value }) => value),
    deadLetters: driver.deadLetters,
  };
}
