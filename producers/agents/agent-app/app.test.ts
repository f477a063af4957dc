import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Journal } from '../live/journal.ts';
import { LiveWorld } from '../live/world.ts';
import { buildAgentApp } from './app.ts';

// No tool service: these tests end at the door.
const app = buildAgentApp({
  world: new LiveWorld('http://127.0.0.1:1', new Journal('/nonexistent/journal')),
  toolDelayMs: 80,
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

test('/health answers', async () => {
  expect((await get('/health')).status).toBe(200);
});
