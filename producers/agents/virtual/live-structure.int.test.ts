/** The same parameters and seed in the real world and in the virtual one: the same spans, but for their times and ids. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Attributes, SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import type { ScenarioParameters } from '../agent-app/parameters.ts';
import { playScenario } from '../agent-app/play.ts';
import { Run } from '../agent-app/run.ts';
import { Journal } from '../live/journal.ts';
import { LiveWorld } from '../live/world.ts';
import { buildToolService } from '../tool-service/app.ts';
import type { World } from '../world.ts';
import { completed } from './parameters.ts';
import { Random, seedBytes } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { VirtualWorld } from './world.ts';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({}),
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
const tools = buildToolService({ delayMs: 1, errorRate: 0 });
let folder: string;
let journal: Journal;
let live: LiveWorld;

beforeAll(async () => {
  provider.register();
  folder = await mkdtemp(path.join(tmpdir(), 'ati-structure-'));
  journal = new Journal(path.join(folder, 'journal'));
  live = new LiveWorld(await tools.listen({ host: '127.0.0.1', port: 0 }), journal);
});
afterAll(async () => {
  await tools.close();
  await journal.close();
  await provider.shutdown();
  await rm(folder, { recursive: true });
});

interface Described {
  readonly name: string;
  readonly kind: SpanKind;
  readonly failed: boolean;
  readonly attributes: Attributes;
  readonly id: string;
  readonly parent: string | undefined;
}

/** A line a span: names from the root down, kind, status, attributes; sorted. */
function shape(spans: readonly Described[]): string[] {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const pathOf = (span: Described): string => {
    const parent = span.parent === undefined ? undefined : byId.get(span.parent);
    return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`;
  };
  return spans
    .map((span) => {
      // When chunks came is a time, and so is how many digits their number has.
      const {
        'ati.stream.token_offsets_ms': offsets,
        'ati.checkpoint.bytes': bytes,
        ...rest
      } = span.attributes;
      const types = { offsets: Array.isArray(offsets), bytes: typeof bytes };
      const sorted = Object.entries({ ...rest, ...types }).sort(([a], [b]) => (a < b ? -1 : 1));
      return `${pathOf(span)} kind ${span.kind}${span.failed ? ' failed' : ''} ${JSON.stringify(sorted)}`;
    })
    .sort();
}

const played = (world: World, parameters: ScenarioParameters) =>
  playScenario(new Run(world, { agentPrefix: 'm1', seed: parameters.seed }), parameters);

/** The tool service's spans end when their answers have been read, which may be a moment later: hence the number. */
async function liveShape(parameters: ScenarioParameters, spans: number): Promise<string[]> {
  exporter.reset();
  await played(live, parameters);
  await until('the spans', () => exporter.getFinishedSpans().length >= spans);
  return shape(
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      kind: span.kind,
      attributes: span.attributes,
      failed: span.status.code === 2,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
    })),
  );
}

async function virtualShape(parameters: ScenarioParameters): Promise<string[]> {
  const scheduler = new Scheduler();
  const world = new VirtualWorld(scheduler, new Random(seedBytes('ids')), new Random(seedBytes('times')));
  await scheduler.run(() => played(world, parameters));
  return shape(
    [...world.ended, ...world.tools.ended].map((span) => ({
      name: span.name,
      kind: span.kind,
      attributes: span.attributes,
      failed: span.failed,
      id: span.spanId,
      parent: span.identity.parent?.spanId,
    })),
  );
}

test.each([
  { scenario: 'fanout', fanout: 12, concurrency: 3, delay_ms: 5, straggler_factor: 4 },
  { scenario: 'chain', depth: 6, delay_ms: 2 },
  { scenario: 'retry', fanout: 20, concurrency: 10, delay_ms: 2, error_rate: 0.4, max_retries: 1 },
  { scenario: 'retry', fanout: 9, delay_ms: 2, error_rate: 0.5, max_retries: 1, agent_retries: 1 },
  { scenario: 'dag', fanout: 8, delay_ms: 5 },
  { scenario: 'react', min_steps: 2, max_steps: 6, delay_ms: 4, tools_per_step: 2 },
  { scenario: 'human', human_delay_s: 0.02, delay_ms: 4 },
  { scenario: 'rag', rag_chunks: 3, rag_growth: 2, rag_mb_per_s: 5, delay_ms: 4 },
  {
    scenario: 'stream',
    duration_s: 1,
    interval_ms: 100,
    tool_delay_ms: 20,
    background_fanout: 25,
    own_tools: 1,
  },
])('$scenario', async (values) => {
  const parameters = completed({ ...values, seed: 3 });
  const virtual = await virtualShape(parameters);
  expect(virtual.length).toBeGreaterThan(5);
  expect(virtual).toEqual(await liveShape(parameters, virtual.length));
});
