/** A day's work in small, from a seed: runs of a few workflows, span by span, with the moment at which each span arrives. */
import { generateRun } from '#producers/agents/virtual/generate.ts';
import { completed } from '#producers/agents/virtual/parameters.ts';
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { readDeliveries, writeDeliveries } from '#scenarios/accuracy/perturb/deliveries.ts';
import { partitionOf } from '#schemas/murmur2.ts';

export const PARTITIONS = 4;
export const START = 1_700_000_000_000;

/** One span on its way. */
export interface Arrival {
  readonly tenant: string;
  readonly partition: number;
  /** Unix ms. */
  readonly at: number;
  /** A TracesData message with the one span. */
  readonly otlp: Uint8Array;
}

/** Failing and healthy ones, narrow enough for hundreds of runs. */
const WORKFLOWS: readonly Readonly<Record<string, string | number>>[] = [
  { scenario: 'fanout', fanout: 30, concurrency: 5, delay_ms: 80 },
  { scenario: 'fanout', fanout: 60, concurrency: 5, delay_ms: 80 },
  { scenario: 'fanout', fanout: 10, concurrency: 10, delay_ms: 80 },
  { scenario: 'chain', depth: 22, delay_ms: 80 },
  { scenario: 'retry', fanout: 25, concurrency: 25, delay_ms: 40, error_rate: 0.4, max_retries: 3 },
  { scenario: 'retry', fanout: 12, concurrency: 12, delay_ms: 40, error_rate: 0.1, max_retries: 2 },
  { scenario: 'stream', duration_s: 6, tool_delay_ms: 400, background_fanout: 80 },
  { scenario: 'react', max_steps: 3, delay_ms: 60 },
];
const RUNS = 6;
/** Runs start within so long, ms: some share windows, some do not. */
const SPREAD_MS = 200_000;

/** The same for the same seed: some six runs of two tenants, each span on its own, in order of arrival. */
export async function spansOf(seed: number): Promise<Arrival[]> {
  const random = new Random(seedBytes('promises', seed));
  const arrivals: Arrival[] = [];
  for (let run = 0; run < RUNS; run++) {
    const workflow = WORKFLOWS[Math.floor(random.between(0, WORKFLOWS.length))];
    const { traceId, exports } = await generateRun({
      parameters: completed(workflow),
      seed: seed * 100 + run,
      agentPrefix: 'mesh',
      serviceName: 'agents',
      startUnixMs: START + Math.floor(random.between(0, SPREAD_MS)),
    });
    const tenant = random.between(0, 1) < 0.8 ? 'default' : 'other';
    const partition = partitionOf(Buffer.from(traceId, 'hex'), PARTITIONS);
    for (const { atUnixMs, spans } of readDeliveries(exports))
      for (const span of spans)
        for (const { otlp } of writeDeliveries([{ atUnixMs, spans: [span] }]))
          arrivals.push({ tenant, partition, at: atUnixMs, otlp });
  }
  return arrivals.sort((a, b) => a.at - b.at);
}
