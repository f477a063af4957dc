import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import { Journal } from '../live/journal.ts';
import { LiveWorld } from '../live/world.ts';
import { buildAgentApp } from './app.ts';
import { PARAMETER_TABLE, SCENARIOS } from './parameters.ts';

// No tool service: these tests end at the door, or say that there is none.
const toolUrl = `http://127.0.0.1:${await freePort()}`;
const app = buildAgentApp({
  world: new LiveWorld(toolUrl, new Journal('/nonexistent/journal')),
  toolDelayMs: 70,
  agentPrefix: '',
});
beforeAll(() => app.ready());
afterAll(() => app.close());

const get = async (url: string) => {
  const answer = await app.inject(url);
  return { status: answer.statusCode, error: answer.json<{ error?: string }>().error };
};

describe('parameters', () => {
  test.each([
    ['/run', /scenario/],
    ['/run?scenario=nope', /scenario/],
    ['/run?scenario=stream', /^scenario: must be fanout, chain, retry, dag, react, human or rag .*\/stream/],
    ['/run?scenario=fanout&fanout=0', /^fanout: /],
    ['/run?scenario=fanout&fanout=abc', /^fanout: must be a whole number from 1 to 1000$/],
    ['/run?scenario=fanout&fanout=', /^fanout: must be a whole number from 1 to 1000$/],
    ['/run?scenario=fanout&fanout=1&fanout=2', /^fanout: must be a whole number from 1 to 1000$/],
    ['/run?scenario=fanout&fanout=1.5', /^fanout: /],
    ['/run?scenario=fanout&depth=3', /unknown parameter: depth/],
    ['/run?scenario=chain&depth=501', /^depth: /],
    ['/run?scenario=retry&error_rate=1.1', /^error_rate: must be a number from 0 to 1$/],
    ['/run?scenario=retry&max_retries=-1', /^max_retries: /],
    [
      '/run?scenario=fanout&delay_ms=-5&concurrency=0',
      /concurrency: .*; delay_ms: |delay_ms: .*; concurrency: /,
    ],
    ['/run?scenario=dag&concurrency=5', /^unknown parameter: concurrency$/],
    ['/run?scenario=react&max_steps=3&min_steps=4', /^min_steps: must be at most max_steps \(3\)$/],
    ['/run?scenario=human&human_delay_s=601', /^human_delay_s: must be a number from 0 to 600$/],
    ['/run?scenario=rag&rag_chunks=0', /^rag_chunks: must be a whole number from 1 to 200$/],
    ['/stream?scenario=stream', /^unknown parameter: scenario/],
    ['/stream?fanout=3', /^unknown parameter: fanout$/],
    ['/stream?duration_s=0', /^duration_s: /],
    ['/stream?background_fanout=-1', /^background_fanout: /],
    ['/stream?seed=x', /^seed: /],
  ])('%s gets 400 with the reason', async (url, reason) => {
    const answer = await get(url);
    expect(answer.status).toBe(400);
    expect(answer.error).toMatch(reason);
  });
});

test('/ tells what is there', async () => {
  const { service, paths } = (await app.inject('/')).json<{
    service: string;
    paths: { path: string; example: string }[];
  }>();
  expect(service).toBe('agent-app');
  expect(new Set(paths.map(({ path }) => path))).toEqual(new Set(['/run', '/stream', '/health']));
  for (const { path, example } of paths) {
    expect(example.startsWith(path)).toBe(true);
    // A parameter that is unknown stops it at the door: nothing else may be wrong with it.
    if (path !== '/health') expect((await get(`${example}&nope=1`)).error).toBe('unknown parameter: nope');
  }
});

test('/ tells the parameters of every scenario, with their defaults', async () => {
  type Path = { path: string; scenario?: string; parameters: Record<string, { default: unknown }> };
  const { paths } = (await app.inject('/')).json<{ paths: Path[] }>();
  const of = (scenario: string) =>
    paths.find((each) => each.scenario === scenario || each.path === `/${scenario}`)?.parameters ?? {};
  for (const scenario of SCENARIOS)
    expect(Object.keys(of(scenario))).toEqual([...Object.keys(PARAMETER_TABLE[scenario]), 'seed']);
  // As this app is configured, not as the table has it.
  expect(of('chain').delay_ms.default).toBe(70);
  expect(of('stream').tool_delay_ms.default).toBe(400);
});

test('without a tool service: 502 that says where it should be', async () => {
  expect(await get('/run?scenario=chain&depth=1')).toEqual({
    status: 502,
    error: `the tool service at ${toolUrl} does not answer: ECONNREFUSED`,
  });
});

test('a stream that fails says so in its last line', async () => {
  const lines = (await app.inject('/stream?duration_s=1&interval_ms=10&own_tools=1')).body.trim().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toEqual({
    error: `the tool service at ${toolUrl} does not answer: ECONNREFUSED`,
  });
});

test('/health answers', async () => {
  expect((await get('/health')).status).toBe(200);
});
