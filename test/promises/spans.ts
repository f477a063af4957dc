/** A day's work in small, from a seed: runs of a few workflows, span by span, with the moment at which each span arrives. */
import { parseScenario } from '#producers/agents/agent-app/parameters.ts';
import { generateRun } from '#producers/agents/virtual/generate.ts';
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { ProtoWriter } from '#schemas/otlp/write.ts';

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

/** Field numbers of TracesData.resource_spans, ResourceSpans.{resource, scope_spans}, ScopeSpans.spans; all length-delimited. */
const TAG = { resourceSpans: 0x0a, resource: 0x0a, scopeSpans: 0x12, spans: 0x12 } as const;

function* singleSpans(otlp: Uint8Array): Generator<Uint8Array> {
  const rows = new SpanColumns();
  const skimmed = skimSpans(otlp, rows);
  if (!skimmed.ok) throw new Error(skimmed.reason);
  for (let row = 0; row < rows.n; row++) {
    const slice = (offset: Int32Array, length: Int32Array) =>
      otlp.subarray(offset[row], offset[row] + length[row]);
    const w = new ProtoWriter();
    w.message(TAG.resourceSpans, () => {
      w.bytes(TAG.resource, slice(rows.resourceOffset, rows.resourceLength));
      w.message(TAG.scopeSpans, () => w.bytes(TAG.spans, slice(rows.spanOffset, rows.spanLength)));
    });
    yield w.finish();
  }
}

/** The same for the same seed: some six runs of two tenants, each span on its own, in order of arrival. */
export async function spansOf(seed: number): Promise<Arrival[]> {
  const random = new Random(seedBytes('promises', seed));
  const arrivals: Arrival[] = [];
  for (let run = 0; run < RUNS; run++) {
    const workflow = WORKFLOWS[Math.floor(random.between(0, WORKFLOWS.length))];
    const parsed = parseScenario(workflow, { toolDelayMs: 80, seed: () => 0 });
    if (!parsed.ok) throw new Error(parsed.error);
    const { traceId, exports } = await generateRun({
      parameters: parsed.parameters,
      seed: seed * 100 + run,
      agentPrefix: 'mesh',
      serviceName: 'agents',
      startUnixMs: START + Math.floor(random.between(0, SPREAD_MS)),
    });
    const tenant = random.between(0, 1) < 0.8 ? 'default' : 'other';
    const partition = partitionOf(Buffer.from(traceId, 'hex'), PARTITIONS);
    for (const { atUnixMs, otlp } of exports)
      for (const single of singleSpans(otlp))
        arrivals.push({ tenant, partition, at: atUnixMs, otlp: single });
  }
  return arrivals.sort((a, b) => a.at - b.at);
}
