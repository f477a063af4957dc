import { decode, encode } from '#schemas/codec.ts';
import type { IncidentEvent, Signal, SpanBatch, TraceSummary } from '#schemas/events.ts';
import { analyseTrace } from '../analyse.ts';
import { type AssemblyStart, FROM_THE_START, PartitionProcessor } from '../assembly/partition-processor.ts';
import { ASSEMBLY_DEFAULTS, type AssemblySettings } from '../assembly/settings.ts';
import { configureDetectors } from '../detectors/registry.ts';
import { FROM_THE_FIRST } from '../incidents/position.ts';
import { SignalProcessor } from '../incidents/signal-processor.ts';
import { WINDOW_DEFAULTS, type WindowSettings } from '../windows/settings.ts';

/** A record of ati.spans: its spans must belong to that partition. */
export interface PlacedBatch {
  readonly partition: number;
  readonly batch: SpanBatch;
}

export interface PipelineOptions {
  /** Partitions of every topic, default 4. */
  readonly partitions?: number;
  readonly assembly?: Partial<AssemblySettings>;
  readonly windows?: Partial<WindowSettings>;
  /** Thresholds by detector, as in ATI_DETECTORS. */
  readonly detectors?: Record<string, unknown>;
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
 * record in the given order. Throws where the options are wrong.
 */
export function runPipeline(given: readonly PlacedBatch[], options: PipelineOptions = {}): PipelineResult {
  const partitions = options.partitions ?? 4;
  const configured = configureDetectors(options.detectors);
  if (!configured.ok) throw new Error(configured.message);
  const { detectors } = configured;
  const assembly = { ...ASSEMBLY_DEFAULTS, ...options.assembly, signalPartitions: partitions };
  const windows = { ...WINDOW_DEFAULTS, ...options.windows, sources: partitions };
  const start: AssemblyStart = FROM_THE_START;
  const stage1 = Array.from(
    { length: partitions },
    (_, partition) =>
      new PartitionProcessor(
        partition,
        assembly,
        (t, id, columns) => analyseTrace(t, id, columns, detectors),
        start,
      ),
  );
  const stage2 = Array.from(
    { length: partitions },
    () => new SignalProcessor(windows, detectors, { ...FROM_THE_FIRST, offset: 0, incidents: [] }),
  );
  const result: PipelineResult = {
    traces: [],
    signals: [],
    incidents: [],
    incidentBytes: [],
    deadLetters: [],
  };
  const offsets = {
    spans: new Array<number>(partitions).fill(0),
    signals: new Array<number>(partitions).fill(0),
  };

  const feed = ({ partition, batch }: PlacedBatch) => {
    const { outcome, outputs } = stage1[partition].process(
      offsets.spans[partition]++,
      encode('SpanBatch', batch),
    );
    if (outcome.outcome === 'deadLetter') result.deadLetters.push(`${outcome.step}: ${outcome.reason}`);
    for (const output of outputs) {
      const decoded = decode(output.value);
      if (!decoded.ok) throw new Error(decoded.reason);
      if (decoded.name === 'TraceSummary') result.traces.push(decoded.value);
      if (decoded.name === 'Signal') result.signals.push(decoded.value);
      if (output.topic !== 'signals') continue;
      stage2[output.partition].add(offsets.signals[output.partition]++, output.value);
      for (const { event, value } of stage2[output.partition].advance().events) {
        result.incidents.push(event);
        result.incidentBytes.push(value);
      }
    }
  };

  let last = 0;
  for (const placed of given) {
    last = Math.max(last, placed.batch.receivedAt);
    feed(placed);
  }
  const until = options.until ?? last + TEN_MINUTES;
  for (let partition = 0; partition < partitions; partition++)
    feed({ partition, batch: { tenant: '', receivedAt: until, spanCount: 0, otlp: new Uint8Array() } });
  return result;
}
