/**
 * What is planted is what is found: runs generated in virtual time, through both stages in memory, against the ground
 * truth that their parameters and seeds give. The truth knows nothing of detectors, the detectors nothing of the truth.
 */
import { describe, expect, test } from 'vitest';
import { type PipelineResult, type PlacedBatch, runPipeline } from '#processors/testing/pipeline.ts';
import { normalise } from '#processors/trace/normalise.ts';
import type { PlantedFailure } from '#producers/agents/truth.ts';
import { type GeneratedRun, generateRun } from '#producers/agents/virtual/generate.ts';
import { completed } from '#producers/agents/virtual/parameters.ts';
import { ALL_SCENARIOS } from '#scenarios/registry.ts';
import type { Finding, Measure, TraceSummary } from '#schemas/events.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { notPlanted, tooLong } from './detectors/hints.ts';

const START = 1_700_000_000_000;
const SEEDS = [1, 2, 3, 1000, 2 ** 32 - 1];
const PARTITIONS = 4;

/** Beside the defaults and controls of `scenarios/`: both sides of the thresholds. */
const MORE: Record<string, Record<string, string | number>> = {
  'two rounds': { scenario: 'fanout', fanout: 40 },
  'four rounds': { scenario: 'fanout', fanout: 80 },
  'rounds too short to matter': { scenario: 'fanout', delay_ms: 40 },
  'one slot': { scenario: 'fanout', fanout: 10, concurrency: 1 },
  'a straggler in the queue': { scenario: 'fanout', straggler_factor: 8 },
  'a straggler long after the queue': { scenario: 'fanout', straggler_factor: 50 },
  'many calls of a millisecond': { scenario: 'fanout', fanout: 600, concurrency: 5, delay_ms: 1 },
  'the shortest chain': { scenario: 'chain', depth: 20 },
  'one step short of a chain': { scenario: 'chain', depth: 19 },
  'a long chain of short steps': { scenario: 'chain', depth: 500, delay_ms: 1 },
  'retries at 1 % and a queue': { scenario: 'retry', error_rate: 0.01 },
  'retries without a queue': { scenario: 'retry', concurrency: 100 },
  'a fifth fails, four retries': { scenario: 'retry', error_rate: 0.2, max_retries: 4 },
  'every attempt fails': { scenario: 'retry', error_rate: 1 },
  'failures that are not tried again': { scenario: 'retry', error_rate: 1, max_retries: 0 },
  'half of the attempts fail': { scenario: 'retry', error_rate: 0.5, max_retries: 10 },
  'two layers, in a queue': { scenario: 'retry', error_rate: 0.4, max_retries: 2, agent_retries: 1 },
  'two layers, all in vain': {
    scenario: 'retry',
    fanout: 20,
    error_rate: 1,
    max_retries: 1,
    agent_retries: 3,
  },
  'only agents are retried': { scenario: 'retry', error_rate: 0.3, max_retries: 0, agent_retries: 3 },
  'agents that nobody retries': { scenario: 'retry', error_rate: 0.01, max_retries: 0, agent_retries: 1 },
  'a branch twice as slow': { scenario: 'dag', slow_factor: 2 },
  'four branches': { scenario: 'dag', fanout: 4 },
  'a seeded number of steps': { scenario: 'react', min_steps: 3, max_steps: 60 },
  'many tools a step': { scenario: 'react', max_steps: 20, tools_per_step: 20 },
  'growing chunks, fast': { scenario: 'rag', rag_chunks: 10, rag_growth: 1 },
  'one size, slow': { scenario: 'rag', rag_chunks: 10, rag_chunk_size_kb: 100, rag_mb_per_s: 1 },
  'a stream beside one round': { scenario: 'stream', background_fanout: 20 },
  'a stream beside one long round': { scenario: 'stream', background_fanout: 20, tool_delay_ms: 1200 },
  'own tools and background': { scenario: 'stream', duration_s: 8, background_fanout: 150, own_tools: 3 },
  'a slow stream beside background': { scenario: 'stream', background_fanout: 150, interval_ms: 1000 },
  'a long stream that stalls once': { scenario: 'stream', duration_s: 90, background_fanout: 150 },
};
const CASES = [
  ...ALL_SCENARIOS.map(({ name, parameters, plants = [] }) => [name, parameters, plants] as const),
  ...Object.entries(MORE).map(([name, parameters]) => [name, parameters, []] as const),
];

const generated = (values: Readonly<Record<string, unknown>>, seed: number) =>
  generateRun({
    parameters: completed(values),
    seed,
    agentPrefix: 'mesh',
    serviceName: 'agents',
    startUnixMs: START,
  });

function placed({ traceId, exports }: GeneratedRun): PlacedBatch[] {
  const partition = partitionOf(Buffer.from(traceId, 'hex'), PARTITIONS);
  return exports.map(({ atUnixMs, spanCount, otlp }) => ({
    partition,
    batch: { tenant: 'default', receivedAt: atUnixMs, spanCount, otlp },
  }));
}

/** How the times of a run may differ from ideal ones: a tenth, or what chance adds to short ones. */
function agrees({ value, unit }: Measure, ideal: number): boolean {
  if (unit !== 'ms' && unit !== 'ratio') return value === ideal;
  return Math.abs(value - ideal) <= Math.max(0.1 * ideal, unit === 'ms' ? 10 : 0.02);
}

/** Each number that is not as planted; '' for none. */
function differences(found: readonly Measure[], planted: Readonly<Record<string, number>>): string {
  return Object.entries(planted)
    .map(([name, ideal]) => ({ name, ideal, measure: found.find((each) => each.name === name) }))
    .filter(({ measure, ideal }) => measure === undefined || !agrees(measure, ideal))
    .map(({ name, ideal, measure }) => `${name} is ${measure?.value}, planted ${ideal}`)
    .join('; ');
}

const line = (kind: string, agent: string) => `${kind} at ${normalise(agent)}`;
const roots = (trace: TraceSummary): Finding[] => trace.findings.filter((finding) => finding.root);

function compare(
  name: string,
  run: GeneratedRun,
  plants: readonly PlantedFailure[],
  { traces, incidents, deadLetters }: PipelineResult,
): void {
  const hint = tooLong(name, run.endUnixMs - START);
  expect(hint, hint).toBeUndefined();
  expect(deadLetters).toEqual([]);
  expect(traces.map((trace) => [trace.traceId, trace.spanCount, trace.partial])).toEqual([
    [run.traceId, run.spanCount, false],
  ]);
  const [trace] = traces;
  const failures = [...run.truth.failures, ...plants];
  const planted = failures.map(({ kind, agent }) => line(kind, agent)).sort();
  expect(
    roots(trace)
      .map(({ kind, agent }) => line(kind, agent))
      .sort(),
    notPlanted(name),
  ).toEqual(planted);
  expect([...new Set(incidents.map(({ kind, agent }) => line(kind, agent)))].sort()).toEqual(planted);
  for (const { kind, callee, numbers } of failures) {
    const finding = roots(trace).find((each) => each.kind === kind)!;
    expect(finding.signature).toContain(normalise(callee));
    expect(differences(finding.evidence, numbers), kind).toBe('');
  }
  for (const { kind, found, numbers } of run.truth.insights) {
    const insight = trace.insights.find((each) => each.kind === kind);
    expect(insight, `an answer about ${kind}`).toBeDefined();
    expect(insight!.found, insight!.answer).toBe(found);
    expect(differences(insight!.evidence, numbers), kind).toBe('');
  }
}

describe.each(CASES)('%s', (name, values, plants) => {
  test.each(SEEDS)('seed %i', async (seed) => {
    const run = await generated(values, seed);
    compare(name, run, plants, runPipeline(placed(run), { partitions: PARTITIONS }));
  });
});

test('the files in scenarios/ expect what the truth of their parameters says', async () => {
  for (const { name, parameters, expects, roots: agents, plants = [] } of ALL_SCENARIOS) {
    const { truth } = await generated(parameters, 1);
    const failures = [...truth.failures, ...plants];
    expect(new Set(failures.map(({ kind }) => kind)), notPlanted(name)).toEqual(new Set(expects));
    for (const { kind, agent } of failures) expect(normalise(agent), name).toBe(`mesh-${agents[kind]}`);
  }
});

test('two runs that start together, of one mesh, stay two traces with an answer each', async () => {
  const runs = await Promise.all([
    generated({ scenario: 'fanout' }, 1),
    generated({ scenario: 'fanout' }, 2),
  ]);
  const batches = runs.flatMap(placed).sort((a, b) => a.batch.receivedAt - b.batch.receivedAt);
  const { traces, incidents } = runPipeline(batches, { partitions: PARTITIONS });
  expect(new Set(traces.map((trace) => trace.traceId))).toEqual(new Set(runs.map((run) => run.traceId)));
  for (const trace of traces) expect(roots(trace).map(({ kind }) => kind)).toEqual(['fanout_collapse']);
  expect(new Set(incidents.map((incident) => incident.incidentId)).size).toBe(1);
});
