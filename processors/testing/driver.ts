import { decodeAs, encode } from '#schemas/codec.ts';
import type { IncidentEvent, Signal, SpanBatch, TraceSummary } from '#schemas/events.ts';
import { analyseTrace } from '../analyse.ts';
import type { AssemblyOutput } from '../assembly/outputs.ts';
import type { Analyse } from '../assembly/partition-processor.ts';
import { ASSEMBLY_DEFAULTS, type AssemblySettings } from '../assembly/settings.ts';
import type { AssemblyStats } from '../assembly/stats.ts';
import { type ConfiguredDetectors, configureDetectors } from '../detectors/registry.ts';
import type { SignalProcessor } from '../incidents/signal-processor.ts';
import { WINDOW_DEFAULTS, type WindowSettings } from '../windows/settings.ts';
import { MemoryAssembly } from './memory-assembly.ts';
import { MemoryIncidents } from './memory-incidents.ts';

export interface DriverOptions {
  /** Partitions of every topic, default 4. */
  readonly partitions?: number;
  readonly assembly?: Partial<AssemblySettings>;
  readonly windows?: Partial<WindowSettings>;
  /** Thresholds by detector, as in ATI_DETECTORS. */
  readonly detectors?: Record<string, unknown>;
  /** In place of the registry's detectors (then `detectors` is not read), and of the analysis of a trace. */
  readonly configured?: ConfiguredDetectors;
  readonly analyse?: Analyse;
  /** Records of ati.signals that stage 2 takes together, as one fetch gives them; default 1. */
  readonly fetch?: number;
  /** Every record is committed as soon as its outputs are written (default); else `commit` does it. */
  readonly autoCommit?: boolean;
}

export interface IncidentRecord {
  readonly event: IncidentEvent;
  /** What is on ati.incidents. */
  readonly value: Uint8Array;
}

const COMMIT_EVERY = 1024;

/**
 * Both stages in memory, without a broker and without a clock of their own: pipe records in, move time by hand, read
 * what comes out. Synchronous: when a call returns, everything that follows from it has happened. The processors are
 * production's own; a restart rebuilds them from what production would find on the topics.
 *
 * Modelled on Kafka Streams' TopologyTestDriver: each `read…` gives what came since it was last called. Throws where
 * the options are wrong, and where the code under test throws.
 */
export class PipelineDriver {
  readonly partitions: number;
  /** Records that could not be read, and detectors that threw: `step: reason`. */
  readonly deadLetters: string[] = [];
  readonly #autoCommit: boolean;
  readonly #assembly: readonly MemoryAssembly[];
  readonly #incidents: readonly MemoryIncidents[];
  #traces: Uint8Array[] = [];
  #signals: Uint8Array[] = [];
  #events: IncidentRecord[] = [];
  #uncommitted = 0;

  constructor(options: DriverOptions = {}) {
    const { partitions = 4, fetch = 1, autoCommit = true } = options;
    const detectors = options.configured ?? configuredBy(options.detectors);
    const analyse: Analyse =
      options.analyse ?? ((tenant, traceId, columns) => analyseTrace(tenant, traceId, columns, detectors));
    const assembly = { ...ASSEMBLY_DEFAULTS, ...options.assembly, signalPartitions: partitions };
    const windows = { ...WINDOW_DEFAULTS, ...options.windows, sources: partitions };
    const numbers = Array.from({ length: partitions }, (_, partition) => partition);
    this.partitions = partitions;
    this.#autoCommit = autoCommit;
    this.#assembly = numbers.map((partition) => new MemoryAssembly(partition, assembly, analyse));
    this.#incidents = numbers.map(() => new MemoryIncidents(windows, detectors, fetch));
  }

  /** A record of ati.spans: a batch whose spans belong to that partition, or any bytes. */
  pipe(partition: number, batch: SpanBatch | Uint8Array): void {
    const value = batch instanceof Uint8Array ? batch : encode('SpanBatch', batch);
    this.#assembly[partition].pipe(value, this.#sink);
    this.#uncommitted++;
    // A restart commits first; this only keeps the logs short.
    if (this.#autoCommit && this.#uncommitted >= COMMIT_EVERY) this.commit();
  }

  /** A record of ati.signals that stage 1 has not written: an operator's action, or any bytes. */
  pipeSignal(partition: number, value: Uint8Array): void {
    this.#incidents[partition].pipe(value, this.#sink);
  }

  /** An empty batch: moves the clock of one partition to `toMs` (unix ms; a clock never goes back). */
  tick(partition: number, toMs: number): void {
    this.pipe(partition, { tenant: '', receivedAt: toMs, spanCount: 0, otlp: new Uint8Array() });
  }

  /** Ticks every partition. */
  advanceTo(ms: number): void {
    for (let partition = 0; partition < this.partitions; partition++) this.tick(partition, ms);
    this.#flush();
  }

  /** Revisions of traces, in the order in which they were written. */
  readTraces(): TraceSummary[] {
    const values = this.#traces;
    this.#traces = [];
    return values.map((value) => read('TraceSummary', value));
  }

  readSignals(): Signal[] {
    const values = this.#signals;
    this.#signals = [];
    return values.map((value) => read('Signal', value));
  }

  /** In the order in which each partition of ati.signals gave them; after a crash some may come again. */
  readIncidents(): IncidentRecord[] {
    this.#flush();
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The clock of a partition of ati.spans: the greatest receivedAt so far. */
  clockOf(partition: number): number {
    return this.#assembly[partition].processor.clock;
  }

  /** The logical time of a partition of ati.signals: the least clock that it has heard of from every source. */
  watermarkOf(partition: number): number {
    return this.#incidents[partition].processor.clock;
  }

  /** Counts of a partition since its processors were last made. */
  statsOf(partition: number): {
    readonly spans: Readonly<AssemblyStats>;
    readonly signals: Readonly<SignalProcessor['stats']>;
  } {
    return {
      spans: this.#assembly[partition].processor.stats,
      signals: this.#incidents[partition].processor.stats,
    };
  }

  /** Commits every partition of both stages, after all that was piped. */
  commit(): void {
    this.#flush();
    this.#uncommitted = 0;
    for (const lane of this.#assembly) lane.commit();
    for (const lane of this.#incidents) lane.commit();
  }

  /** A crash of everything: all state is rebuilt from the last commit and from what is on the topics. */
  restart(): void {
    const all = Array.from({ length: this.partitions }, (_, partition) => partition);
    this.assign({ assembly: all, incidents: all });
  }

  /** Gives partitions to fresh processors, as a rebalance does; the others go on. */
  assign(to: { readonly assembly?: readonly number[]; readonly incidents?: readonly number[] }): void {
    if (this.#autoCommit) this.commit();
    for (const partition of to.incidents ?? []) this.#incidents[partition].restart(this.#sink);
    for (const partition of to.assembly ?? []) this.#assembly[partition].restart(this.#sink);
  }

  #flush(): void {
    for (const lane of this.#incidents) lane.flush(this.#sink);
  }

  readonly #sink = {
    output: (output: AssemblyOutput) => {
      if (output.topic === 'traces') this.#traces.push(output.value);
      else {
        // A clock mark has no key.
        if (output.key !== null) this.#signals.push(output.value);
        this.#incidents[output.partition].pipe(output.value, this.#sink);
      }
    },
    events: (events: readonly IncidentRecord[]) => {
      for (const { event, value } of events) this.#events.push({ event, value });
    },
    deadLetter: (step: string, reason: string) => {
      this.deadLetters.push(`${step}: ${reason}`);
    },
  };
}

function configuredBy(settings: Record<string, unknown> | undefined): ConfiguredDetectors {
  const configured = configureDetectors(settings);
  if (!configured.ok) throw new Error(configured.message);
  return configured.detectors;
}

function read<N extends 'TraceSummary' | 'Signal'>(name: N, value: Uint8Array) {
  const decoded = decodeAs(name, value);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}
