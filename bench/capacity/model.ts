/** How much of everything a rate of spans needs, from what a span costs. The only place of its numbers: docs/capacity.md is made of them. */

export interface Costs {
  /** µs of CPU a span, all threads of the process. */
  readonly ingestUs: number;
  readonly processorUs: number;
  readonly sinkUs: number;
  readonly brokerUs: number;
  readonly engineUs: number;
  /** OTLP protobuf, as it is sent. */
  readonly wireBytes: number;
  /** On the log, compressed; spans with what is derived from them. */
  readonly logBytes: number;
  /** In ClickHouse, compressed and merged; spans with what is derived from them. */
  readonly storedBytes: number;
  /** Of a processor's memory for an open span. */
  readonly openSpanBytes: number;
}

export interface Plan {
  /** Of a core, that a process may use on average: the rest is for peaks and for catching up. */
  readonly busy: number;
  /** Most of a partition: one thread of one processor does all of it. */
  readonly partitionShare: number;
  /** Cores of a machine of ClickHouse or Kafka. */
  readonly machineCores: number;
  readonly replicas: number;
  readonly logDays: number;
  readonly storedDays: number;
  /** Seconds that a span is held: quiet gap, its export, and what a trace takes. */
  readonly openSeconds: number;
}

export interface Sizing {
  readonly spansPerSecond: number;
  readonly partitions: number;
  readonly ingests: number;
  readonly processors: number;
  readonly sinks: number;
  readonly brokerCores: number;
  readonly brokers: number;
  readonly engineCores: number;
  readonly engines: number;
  /** Of all replicas. */
  readonly logGbPerDay: number;
  readonly logTb: number;
  readonly storedGbPerDay: number;
  readonly storedTb: number;
  readonly openGb: number;
  /** Into the ingests, and between brokers and their clients (in and out, compressed). */
  readonly inMbit: number;
  readonly logMbit: number;
}

/** A process of ours has one busy thread beside its workers: more than this it cannot use. */
const CORES_OF_A_PROCESS = { ingest: 1, processor: 2, sink: 1 } as const;
const LEAST_PARTITIONS = 4;
const US = 1e6;
const DAY_SECONDS = 86_400;

/** Throws RangeError where the rate is not positive. */
export function sizing(spansPerSecond: number, costs: Costs, plan: Plan): Sizing {
  if (!(spansPerSecond > 0)) throw new RangeError(`spans/s must be positive, not ${spansPerSecond}`);
  const cores = (us: number) => (spansPerSecond * us) / US;
  const processes = (us: number, each: number) => Math.max(1, Math.ceil(cores(us) / (each * plan.busy)));
  const machines = (us: number) => Math.max(1, Math.ceil(cores(us) / (plan.machineCores * plan.busy)));
  const perDay = (bytes: number) => (spansPerSecond * DAY_SECONDS * bytes * plan.replicas) / 1e9;
  const [logGbPerDay, storedGbPerDay] = [perDay(costs.logBytes), perDay(costs.storedBytes)];
  const processors = processes(costs.processorUs, CORES_OF_A_PROCESS.processor);
  const partitions = Math.max(LEAST_PARTITIONS, Math.ceil(cores(costs.processorUs) / plan.partitionShare));
  return {
    spansPerSecond,
    // Every worker thread of every processor has some.
    partitions: Math.max(partitions, processors * CORES_OF_A_PROCESS.processor),
    ingests: processes(costs.ingestUs, CORES_OF_A_PROCESS.ingest),
    processors,
    sinks: processes(costs.sinkUs, CORES_OF_A_PROCESS.sink),
    // A follower writes what its leader writes.
    brokerCores: cores(costs.brokerUs) * plan.replicas,
    brokers: Math.max(plan.replicas, machines(costs.brokerUs * plan.replicas)),
    engineCores: cores(costs.engineUs) * plan.replicas,
    engines: machines(costs.engineUs) * plan.replicas,
    logGbPerDay,
    logTb: (logGbPerDay * plan.logDays) / 1000,
    storedGbPerDay,
    storedTb: (storedGbPerDay * plan.storedDays) / 1000,
    openGb: (spansPerSecond * plan.openSeconds * costs.openSpanBytes) / 1e9,
    inMbit: (spansPerSecond * costs.wireBytes * 8) / 1e6,
    // Written once and to the followers; read by processor and sink.
    logMbit: (spansPerSecond * costs.logBytes * (plan.replicas + 2) * 8) / 1e6,
  };
}
