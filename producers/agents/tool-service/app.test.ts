import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  ['size_bytes=67108865', 'size_bytes: must be a whole number from 0 to 67108864'],
  ['size_bytes=1.5', 'size_bytes: must be a whole number from 0 to 67108864'],
  ['size_bytes=1&stream=true', 'size_bytes: must be 0 with stream=true'],
  ['mb_per_s=-1', 'mb_per_s: must be a number from 0 to 10000'],
  ['size_bytes=1000000&mb_per_s=0.01', 'mb_per_s: must be so that size_bytes take at most 60000 ms'],
  ['nope=1', 'unknown parameter: nope'],
])('/tool/search?%s gets 400 with the reason', async (query, error) => {
  const answer = await app.inject(`/tool/search?${query}`);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toEqual({ error });
});

describe('payloads', () => {
  test.each([1, 65_535, 65_536, 200_001])('%i bytes are %i bytes, the same each time', async (size) => {
    const [one, other] = [
      await app.inject(`/tool/retrieve?size_bytes=${size}`),
      await app.inject(`/tool/retrieve?size_bytes=${size}`),
    ];
    expect(one.rawPayload.byteLength).toBe(size);
    expect(one.headers['content-length']).toBe(String(size));
    expect(one.rawPayload.equals(other.rawPayload)).toBe(true);
  });

  test('at a rate they take their time, however few pieces they are', async () => {
    const started = performance.now();
    await app.inject('/tool/retrieve?size_bytes=50000&mb_per_s=1');
    expect(performance.now() - started).toBeGreaterThanOrEqual(45);
  });

  test('a call that fails moves none', async () => {
    const answer = await app.inject('/tool/retrieve?size_bytes=50000&error_rate=1');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ error: 'tool retrieve is unavailable' });
  });
});
