/** Workflows with what they plant, whose incidents open, change and resolve while the faults go on. */
import { type GeneratedRun, generateRun } from '#producers/agents/virtual/generate.ts';
import { completed } from '#producers/agents/virtual/parameters.ts';
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';

const WORKFLOWS: readonly Readonly<Record<string, string | number>>[] = [
  { scenario: 'fanout', fanout: 30, concurrency: 5, delay_ms: 80 },
  { scenario: 'fanout', fanout: 60, concurrency: 6, delay_ms: 60 },
  { scenario: 'fanout', fanout: 10, concurrency: 10, delay_ms: 80 },
  { scenario: 'chain', depth: 22, delay_ms: 80 },
  { scenario: 'retry', fanout: 25, concurrency: 25, delay_ms: 40, error_rate: 0.4, max_retries: 3 },
  { scenario: 'retry', fanout: 12, concurrency: 12, delay_ms: 40, error_rate: 0.1, max_retries: 2 },
  { scenario: 'stream', duration_s: 4, tool_delay_ms: 400, background_fanout: 60 },
  { scenario: 'react', max_steps: 3, delay_ms: 60 },
];
/** Each mesh's agents have incidents of their own. */
const MESHES = ['north', 'south', 'east'];

/** When each run begins (ms from the start of the load), in order: open loop, whatever becomes of those before. */
export interface PlannedRun {
  readonly atMs: number;
  readonly workflow: number;
  readonly mesh: string;
  readonly seed: number;
}

/** A Poisson process of so many spans a second on the mean. */
export async function planRuns(
  seed: number,
  durationMs: number,
  spansPerSecond: number,
): Promise<PlannedRun[]> {
  const samples = await Promise.all(
    WORKFLOWS.map((_, workflow) => generate({ atMs: 0, workflow, mesh: MESHES[0], seed }, 0)),
  );
  const mean = samples.reduce((sum, { spanCount }) => sum + spanCount, 0) / samples.length;
  const random = new Random(seedBytes('chaos load', seed));
  const runs: PlannedRun[] = [];
  for (let atMs = 0; ; ) {
    atMs += -Math.log(1 - random.between(0, 1)) * ((1_000 * mean) / spansPerSecond);
    if (atMs >= durationMs) return runs;
    const workflow = Math.floor(random.between(0, WORKFLOWS.length));
    const mesh = MESHES[Math.floor(random.between(0, MESHES.length))];
    runs.push({ atMs, workflow, mesh, seed: seed * 1_000_000 + runs.length });
  }
}

/** The run's exports, each with the moment at which its exporter sends it. */
export function generate({ workflow, mesh, seed }: PlannedRun, startUnixMs: number): Promise<GeneratedRun> {
  return generateRun({
    parameters: completed(WORKFLOWS[workflow]),
    seed,
    agentPrefix: mesh,
    serviceName: `${mesh}-agents`,
    startUnixMs,
  });
}

/** Of each span its id (48 hex digits: trace, span), with its start and duration in ns. Throws where it is not OTLP. */
export function spansIn(otlp: Uint8Array): Map<string, string> {
  const rows = new SpanColumns();
  const skimmed = skimSpans(otlp, rows);
  if (!skimmed.ok) throw new Error(`not OTLP: ${skimmed.reason}`);
  const spans = new Map<string, string>();
  for (let row = 0; row < rows.n; row++) {
    const id =
      Buffer.from(rows.traceId.subarray(row * 16, row * 16 + 16)).toString('hex') +
      Buffer.from(rows.spanId.subarray(row * 8, row * 8 + 8)).toString('hex');
    const [startLow, startHigh, endLow, endHigh] = rows.time.subarray(row * 4, row * 4 + 4);
    const start = (BigInt(startHigh) << 32n) | BigInt(startLow);
    const end = (BigInt(endHigh) << 32n) | BigInt(endLow);
    spans.set(id, `${start} ${end - start}`);
  }
  return spans;
}
