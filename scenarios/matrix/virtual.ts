import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import type { Config } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { kafkaOf } from '#infra/kafka/security.ts';
import { topicName } from '#infra/topics.ts';
import { allIncidents, type IncidentAnswer, readTrace } from '../judge/read-back.ts';
import { judge, type Verdict } from '../judge/verdict.ts';
import type { Scenario } from '../scenario.ts';
import { generateVirtualRun, type VirtualRun } from '../virtual/generate.ts';
import { writeExports } from '../virtual/span-log.ts';
import type { Outcome } from './outcome.ts';

export interface VirtualOptions {
  readonly config: Config;
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly number[];
  /** Virtual time of the first run, unix ms. */
  readonly startUnixMs: number;
  /** Spans per second; undefined: as fast as it goes. */
  readonly rate?: number;
  readonly onProgress: (text: string) => void;
}

/** A run starts so long after the one before, in virtual ms. */
const STAGGER_MS = 250;
/** Traces and their windows are closed and settled by then, in virtual ms. */
const TAIL_MS = 180_000;
/** Real time without any answer getting right, after the last write: then they stay wrong. */
const PATIENCE_MS = 30_000;
const READERS = 8;

/** Generates every scenario with every seed, writes the spans to the log, and compares ATI's answer with the truth. */
export async function playVirtually(options: VirtualOptions): Promise<Outcome[]> {
  const runs = await generate(options);
  await write(runs, options);
  return readBack(runs, options);
}

async function generate({
  scenarios,
  seeds,
  startUnixMs,
  onProgress,
}: VirtualOptions): Promise<VirtualRun[]> {
  const runs: VirtualRun[] = [];
  for (const seed of seeds)
    for (const scenario of scenarios) {
      runs.push(await generateVirtualRun(scenario, seed, startUnixMs + runs.length * STAGGER_MS));
      onProgress(`generating: ${runs.length} of ${scenarios.length * seeds.length} workflows`);
    }
  return runs;
}

async function write(
  runs: readonly VirtualRun[],
  { config, rate, onProgress }: VirtualOptions,
): Promise<void> {
  const log = pino({ level: 'silent' });
  const kafka = await connectKafka({ ...kafkaOf(config), clientId: 'ati-scenarios', log });
  try {
    const producer = await kafka.producer({ compression: 'zstd' });
    const exports = runs.flatMap((run) => run.exports);
    const total = exports.reduce((sum, { spanCount }) => sum + spanCount, 0);
    await writeExports(producer, exports, {
      topic: topicName('spans', config.ATI_TOPIC_PREFIX),
      partitions: config.ATI_PARTITIONS,
      tenant: 'default',
      tailMs: TAIL_MS,
      ...(rate !== undefined && { rate }),
      onProgress: (spans) => onProgress(`writing: ${spans} of ${total} spans`),
    });
    await producer.close();
  } finally {
    await kafka.close();
  }
}

/** Asks until everything is right, or until nothing has got right for a while. */
async function readBack(
  runs: readonly VirtualRun[],
  { config, onProgress }: VirtualOptions,
): Promise<Outcome[]> {
  const api = urlOf(config, config.ATI_API_PORT);
  let right = 0;
  let lastGain = performance.now();
  const verdicts = new Map<string, Verdict>();
  for (;;) {
    const incidents = await allIncidents(api);
    const standing = new Set(
      incidents.filter(({ state }) => state !== 'retracted').map(({ incidentId }) => incidentId),
    );
    const open = runs.filter(({ traceId }) => verdicts.get(traceId)?.faults.length !== 0);
    await eachOf(open, READERS, async ({ scenario, traceId }) => {
      verdicts.set(traceId, judge(scenario, await readTrace(api, traceId), standing, scenario.name));
    });
    const before = right;
    right = [...verdicts.values()].filter(({ faults }) => faults.length === 0).length;
    if (right > before) lastGain = performance.now();
    onProgress(`asking ATI: ${right} of ${runs.length} as expected`);
    if (right === runs.length || performance.now() - lastGain > PATIENCE_MS)
      return outcomes(runs, verdicts, incidents);
    await wait(500);
  }
}

function outcomes(
  runs: readonly VirtualRun[],
  verdicts: ReadonlyMap<string, Verdict>,
  incidents: readonly IncidentAnswer[],
): Outcome[] {
  return [...Map.groupBy(runs, (run) => run.scenario)].map(([scenario, of]) => ({
    scenario,
    runs: of.map(({ seed, traceId }) => ({ seed, traceId, verdict: verdicts.get(traceId)! })),
    faults: incidents
      .filter(({ agent, state }) => state !== 'retracted' && agent.startsWith(`${scenario.name}-`))
      .filter(({ kind }) => !scenario.expects.some((expected) => expected === kind))
      .map(({ kind, agent, incidentId }) => `false incident: ${kind} at ${agent} (${incidentId})`),
  }));
}

/** `work` on each item, so many at a time. */
async function eachOf<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
