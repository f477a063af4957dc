/** Attribution over what stage 1 says of real spans: who owns the path, on which instance, between whom. */
import { describe, expect, test } from 'vitest';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { criticalPath } from '#processors/trace/critical-path.ts';
import { pathShares } from '#processors/trace/lists.testkit.ts';
import { type TestSpan, viewOf } from '#processors/trace/testkit.ts';
import { generateRun } from '#producers/agents/virtual/generate.ts';
import { completed } from '#producers/agents/virtual/parameters.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { attribute } from '#sinks/attribution/attribute.ts';
import type { Sample } from '#sinks/attribution/sample.ts';

const CLIENT = 3;
const SERVER = 2;

interface Shape {
  readonly plan: number;
  /** One way between the planner and the tool. */
  readonly way: number;
  readonly search: number;
  readonly host: string;
  readonly person?: number;
  readonly calls?: number;
}

/** An agent plans, calls a tool on some host, once or in turn, and may ask a person. Times in ms. */
function spansOf({ plan, way, search, host, person = 0, calls = 1 }: Shape): TestSpan[] {
  const spans: TestSpan[] = [];
  let now = plan;
  for (let i = 0; i < calls; i++) {
    const [id, end] = [10 + 2 * i, now + 2 * way + search];
    spans.push(
      {
        id,
        parent: 1,
        name: 'call search',
        start: now,
        end,
        kind: CLIENT,
        service: 'agents',
        instance: 'a1',
      },
      {
        ...{ id: id + 1, parent: id, name: 'GET /search', start: now + way, end: now + way + search },
        ...{ kind: SERVER, service: 'tools', instance: host },
      },
    );
    now = end;
  }
  if (person > 0) {
    const attributes = { 'ati.role': 'human' };
    spans.push({
      id: 3,
      parent: 1,
      name: 'approve',
      start: now,
      end: now + person,
      service: 'agents',
      attributes,
    });
    now += person;
  }
  return [{ id: 1, name: 'plan', start: 0, end: now, service: 'agents', instance: 'a1' }, ...spans];
}

const HOSTS = ['h1', 'h2', 'h3', 'h4'];
const shape = (i: number, given: Partial<Shape> = {}): Shape => ({
  ...{ plan: 20 + (i % 3), way: 2, search: 100 + (i % 7), host: HOSTS[i % 4] },
  ...given,
});
function sampleOf(shapes: readonly Shape[], from = 0): Sample {
  const traces = shapes.map((each, i) => {
    const view = viewOf(spansOf(each));
    return { traceId: String(from + i).padStart(32, '0'), shares: pathShares(view, criticalPath(view)) };
  });
  return { traces, total: traces.length };
}
const times = (n: number, of: (i: number) => Shape) => Array.from({ length: n }, (_, i) => of(i));
const rest = sampleOf(times(100, (i) => shape(i)));
const causesOf = (shapes: readonly Shape[]) => attribute({ set: sampleOf(shapes, 1000), rest });

describe('spans of two services', () => {
  test('a slow host is named', () => {
    const [cause] = causesOf(times(12, (i) => shape(i, { host: 'h3', search: 700 }))).causes;
    expect(cause).toMatchObject({
      ...{ kind: 'instance', service: 'tools', operation: 'GET /search', slowInstances: ['h3'] },
    });
    expect(cause.share).toBeGreaterThan(0.95);
  });

  test('a slow network between two healthy services is', () => {
    const { causes } = causesOf(times(12, (i) => shape(i, { way: 300 })));
    expect(causes[0]).toMatchObject({
      ...{ kind: 'edge', callerService: 'agents', callerOperation: 'call search' },
      ...{ service: 'tools', operation: 'GET /search' },
    });
    expect(causes[0].share).toBeGreaterThan(0.95);
    expect(causes[0].extraMs).toBeCloseTo(596, 0);
  });

  test('all hosts slow: the operation is', () => {
    const [cause] = causesOf(times(40, (i) => shape(i, { search: 400 }))).causes;
    expect(cause).toMatchObject({ kind: 'operation', operation: 'GET /search', slowInstances: [] });
  });

  test('more calls are', () => {
    const [cause] = causesOf(times(12, (i) => shape(i, { calls: 5 }))).causes;
    expect(cause).toMatchObject({ kind: 'operation', operation: 'GET /search', spansPerTrace: 5 });
    expect(cause.moreMs / cause.extraMs).toBeCloseTo(1, 1);
  });

  test('a person is not', () => {
    const found = causesOf(times(12, (i) => shape(i, { person: 30_000 })));
    expect(found.refused).toMatch(/^Not slower/);
    const both = causesOf(times(12, (i) => shape(i, { person: 30_000, plan: 500 })));
    expect(both.causes[0]).toMatchObject({ operation: 'plan' });
    expect(both.waits).toMatchObject([{ operation: 'approve', traces: 12 }]);
  });
});

describe('the agents’ own workflows, through both stages', () => {
  async function pathsOf(
    values: Readonly<Record<string, unknown>>,
    seeds: readonly number[],
  ): Promise<Sample> {
    const parameters = completed(values);
    const runs = await Promise.all(
      seeds.map((seed) =>
        generateRun({
          ...{ parameters, seed, agentPrefix: 'mesh', serviceName: 'agents' },
          startUnixMs: 1_700_000_000_000,
        }),
      ),
    );
    const records = runs.flatMap(({ traceId, exports }) =>
      exports.map(({ atUnixMs, spanCount, otlp }) => ({
        partition: partitionOf(Buffer.from(traceId, 'hex'), 4),
        batch: { tenant: 'default', receivedAt: atUnixMs, spanCount, otlp },
      })),
    );
    const { traces } = runPipeline(
      records.toSorted((a, b) => a.batch.receivedAt - b.batch.receivedAt),
      { partitions: 4 },
    );
    return { traces, total: traces.length };
  }
  const seeds = (from: number) => Array.from({ length: 12 }, (_, i) => from + i);

  test('tools that take longer: their operation, slower and not more', async () => {
    const [before, set] = await Promise.all([
      pathsOf({ scenario: 'chain', depth: 5, delay_ms: 80 }, seeds(1)),
      pathsOf({ scenario: 'chain', depth: 5, delay_ms: 240 }, seeds(100)),
    ]);
    const { causes, extraMs } = attribute({ set, rest: { traces: [], total: 0 }, before });
    expect(extraMs).toBeCloseTo(5 * 160, -2);
    expect(causes[0]).toMatchObject({ kind: 'operation', service: 'tool-service' });
    expect(causes[0].slowerMs).toBeGreaterThan(0.95 * extraMs);
  });

  test('a longer chain: more spans, none of them slower', async () => {
    const [before, set] = await Promise.all([
      pathsOf({ scenario: 'chain', depth: 5, delay_ms: 80 }, seeds(1)),
      pathsOf({ scenario: 'chain', depth: 15, delay_ms: 80 }, seeds(100)),
    ]);
    const { causes, extraMs } = attribute({ set, rest: { traces: [], total: 0 }, before });
    expect(causes[0].spansPerTrace / causes[0].baselineSpansPerTrace).toBeCloseTo(3, 6);
    expect(causes[0].moreMs).toBeGreaterThan(0.9 * extraMs);
  });
});
