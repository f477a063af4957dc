import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToolService } from './app.ts';

const app = buildToolService({ delayMs: 0, errorRate: 0 });
beforeAll(() => app.ready());
afterAll(() => app.close());

test('/ tells what is there, and each example answers', async () => {
  const { service, paths } = (await app.inject('/')).json<{
    service: string;
    paths: { path: string; example: string }[];
  }>();
  expect(service).toBe('tool-service');
  expect(new Set(paths.map(({ path }) => path))).toEqual(new Set(['/tool/{name}', '/health']));
  // 503: a tool that fails at its rate.
  for (const { example } of paths) expect([200, 503]).toContain((await app.inject(example)).statusCode);
});

test.each([
  ['delay_ms=', 'delay_ms: must be a whole number from 0 to 60000'],
  ['delay_ms=60001', 'delay_ms: must be a whole number from 0 to 60000'],
  ['error_rate=x', 'error_rate: must be a number from 0 to 1'],
  ['seed=1.5', 'seed: must be a whole number'],
  ['call=-1', 'call: must be a whole number of at least 0'],
  ['nope=1', 'unknown parameter: nope'],
])('/tool/search?%s gets 400 with the reason', async (query, error) => {
  const answer = await app.inject(`/tool/search?${query}`);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toEqual({ error });
});
