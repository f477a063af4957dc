import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import { type Agents, type JsonMetric, type JsonPoint, startAgents, text } from '../testing.ts';

let agents: Agents;
beforeAll(async () => {
  agents = await startAgents();
});
afterAll(() => agents.close());

const run = async (query: string) => {
  const response = await agents.agent.inject(`/run?${query}`);
  expect(response.statusCode).toBe(200);
};

/** The points of one metric in an export of now. */
async function pointsOf(name: string): Promise<readonly JsonPoint[]> {
  return pointsIn(await agents.metrics(), name);
}
function pointsIn(metrics: readonly JsonMetric[], name: string): readonly JsonPoint[] {
  return metrics
    .filter((metric) => metric.name === name)
    .flatMap(({ gauge, sum, histogram }) => (gauge ?? sum ?? histogram)?.dataPoints ?? []);
}
const value = ({ asInt, asDouble }: JsonPoint) => Number(asDouble ?? asInt);
const codes = (point: JsonPoint) =>
  Object.fromEntries(
    point.attributes.map(({ key, value: { stringValue, intValue } }) => [key, stringValue ?? intValue]),
  );

describe('the event loop', () => {
  const NAMES = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
    (each) => `nodejs.eventloop.delay.${each}`,
  );

  test('every name of the convention, in seconds, of this instance', async () => {
    const metrics = await until('the loop was looked at', async () => {
      const all = await agents.metrics();
      return all.some(({ name }) => name === NAMES[0]) ? all : undefined;
    });
    for (const name of NAMES) {
      const metric = metrics.find((each) => each.name === name);
      expect(metric).toMatchObject({ unit: 's', gauge: { dataPoints: [{ attributes: [] }] } });
      expect(value(metric!.gauge!.dataPoints[0])).toBeGreaterThanOrEqual(0);
      expect(text({ attributes: metric!.from }, 'service.name')).toBe('test-app');
      expect(text({ attributes: metric!.from }, 'service.instance.id')).toBe('one');
    }
    const [utilization] = pointsIn(metrics, 'nodejs.eventloop.utilization');
    expect(value(utilization)).toBeGreaterThan(0);
    expect(value(utilization)).toBeLessThanOrEqual(1);
  });

  test('a loop that was blocked for so long was late by as much, in that export only', async () => {
    const blocked = await until('a block that was seen', async () => {
      // The first look after a collection only starts the clock.
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const end = performance.now() + 300; performance.now() < end; );
      await new Promise((resolve) => setTimeout(resolve, 30));
      const points = await pointsOf('nodejs.eventloop.delay.max');
      return points.some((point) => value(point) >= 0.25) ? points : undefined;
    });
    expect(blocked).toHaveLength(1);
    await until('an export without it', async () => {
      const points = await pointsOf('nodejs.eventloop.delay.max');
      return points.length === 1 && value(points[0]) < 0.25;
    });
  });
});

describe('pools', () => {
  const poolsOf = async () => {
    const metrics = await agents.metrics();
    const of = (name: string) =>
      Object.fromEntries(
        pointsIn(metrics, name).map((point) => [text(point, 'ati.pool.name'), value(point)]),
      );
    return { used: of('ati.pool.used'), size: of('ati.pool.size'), waiting: of('ati.pool.waiting') };
  };

  test('slots held, slots there are, and who waits: runs of a scenario together, and 0 after them', async () => {
    const slow = 'scenario=fanout&fanout=9&concurrency=2&delay_ms=400';
    const runs = Promise.all([run(slow), run(slow)]);
    const pools = await until('both runs have their calls out', async () => {
      const now = await poolsOf();
      return now.used.fanout === 4 ? now : undefined;
    });
    expect(pools.size.fanout).toBe(4);
    expect(pools.waiting.fanout).toBeGreaterThan(0);
    expect(pools.waiting.fanout).toBeLessThanOrEqual(14);
    await runs;
    const after = await poolsOf();
    expect(after.used.fanout).toBe(0);
    expect(after.size.fanout).toBe(0);
    expect(after.waiting.fanout).toBe(0);
  });

  test('the checkpoints queue for their one journal', async () => {
    const { used, size, waiting } = await poolsOf();
    expect([used.checkpoints, size.checkpoints, waiting.checkpoints]).toEqual([0, 1, 0]);
  });

  test('every wait for a slot is counted, however short its pool lived', async () => {
    await run('scenario=retry&fanout=7&concurrency=2&delay_ms=1&error_rate=0');
    const waits = await pointsOf('ati.pool.wait_time');
    const retry = waits.find((point) => text(point, 'ati.pool.name') === 'retry');
    expect(Number(retry?.count)).toBe(7);
  });
});

describe('requests', () => {
  const requests = async () =>
    (await pointsOf('http.server.request.duration')).map((point) => ({
      ...codes(point),
      count: Number(point.count),
    }));

  test('by method, pattern of the path and status; 5xx is an error, 4xx is not', async () => {
    await agents.tools.inject('/tool/canary?error_rate=1');
    await agents.tools.inject('/tool/canary?nope=1');
    await agents.tools.inject('/canary');
    const all = await requests();
    const http = { 'http.request.method': 'GET', 'url.scheme': 'http' };
    const tool = { ...http, 'http.route': '/tool/:name' };
    expect(all).toContainEqual({
      ...tool,
      'http.response.status_code': 503,
      'error.type': '503',
      count: 1,
    });
    expect(all).toContainEqual({ ...tool, 'http.response.status_code': 400, count: 1 });
    // Whatever was asked for is in no attribute.
    expect(all).toContainEqual({ ...http, 'http.response.status_code': 404, count: 1 });
    expect(JSON.stringify(all)).not.toContain('canary');
  });

  test('in flight while they are, and no longer when the caller goes away', async () => {
    const inFlight = async () => {
      const points = await pointsOf('http.server.active_requests');
      return points.reduce((sum, point) => sum + value(point), 0);
    };
    const before = await inFlight();
    const leaving = new AbortController();
    const call = fetch(`${agents.toolUrl}/tool/slow?delay_ms=60000`, { signal: leaving.signal });
    await until('it is in flight', async () => (await inFlight()) === before + 1);
    leaving.abort();
    await expect(call).rejects.toThrow();
    await until('it is not any more', async () => (await inFlight()) === before);
    const [aborted, ...others] = (await requests()).filter(
      (each) => 'error.type' in each && each['error.type'] === 'aborted',
    );
    expect(others).toEqual([]);
    expect(aborted).toEqual({
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'http.route': '/tool/:name',
      'error.type': 'aborted',
      count: 1,
    });
  });

  test('a stream is as long as its last byte takes', async () => {
    await agents.tools.inject('/tool/talk?stream=true&delay_ms=200');
    const points = await pointsOf('http.server.request.duration');
    const longest = Math.max(...points.map((point) => point.sum ?? 0));
    expect(longest).toBeGreaterThanOrEqual(0.19);
  });
});

test('workflows by scenario', async () => {
  await run('scenario=chain&depth=3&delay_ms=1');
  await run('scenario=chain&depth=3&delay_ms=1');
  const points = (await pointsOf('gen_ai.workflow.duration')).filter(
    (point) => text(point, 'ati.scenario') === 'chain',
  );
  expect(points).toHaveLength(1);
  expect(Number(points[0].count)).toBe(2);
  expect(codes(points[0])).toEqual({ 'ati.scenario': 'chain', 'gen_ai.workflow.name': 'chain' });
});

test('no run, trace or caller is in any attribute: series are as few as names', async () => {
  const metrics = await agents.metrics();
  const keys = metrics
    .flatMap(({ gauge, sum, histogram }) => (gauge ?? sum ?? histogram)?.dataPoints ?? [])
    .flatMap((point) => point.attributes.map(({ key }) => key));
  expect(new Set(keys)).toEqual(
    new Set([
      'ati.pool.name',
      'ati.scenario',
      'gen_ai.workflow.name',
      'http.request.method',
      'http.response.status_code',
      'http.route',
      'error.type',
      'url.scheme',
    ]),
  );
});
