import { SpanKind } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import type { ToolRequest } from '../world.ts';
import { Random, seedBytes } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { VirtualWorld } from './world.ts';

function newWorld(seed = 1) {
  const scheduler = new Scheduler();
  const world = new VirtualWorld(scheduler, new Random(seedBytes('ids', seed)), new Random(seedBytes(seed)));
  return { scheduler, world };
}
const search: ToolRequest = {
  tool: 'search',
  delayMs: 80,
  errorRate: 0,
  seed: 1,
  call: 0,
  attempt: 0,
  payloadBytes: 0,
  mbPerS: 0,
};

describe('spans', () => {
  test('a span is the child of the active one, also side by side and after waiting', async () => {
    const { scheduler, world } = newWorld();
    const child = (name: string, ms: number) =>
      world.inSpan(name, {}, async () => {
        await world.wait(ms);
        await world.inSpan(`${name}'s`, {}, () => world.wait(1));
      });
    await scheduler.run(() =>
      world.inSpan('top', {}, () => Promise.all([child('slow', 20), child('fast', 10)])),
    );
    const parents = Object.fromEntries(world.ended.map((span) => [span.name, span.identity.parent?.name]));
    expect(parents).toEqual({ "fast's": 'fast', fast: 'top', "slow's": 'slow', slow: 'top', top: undefined });
    expect(new Set(world.ended.map((span) => span.traceId)).size).toBe(1);
    expect(new Set(world.ended.map((span) => span.spanId)).size).toBe(5);
  });

  test('a root starts a trace of its own', async () => {
    const { scheduler, world } = newWorld();
    await scheduler.run(() =>
      world.inSpan('outer', {}, () => world.inSpan('inner', { root: true }, async () => {})),
    );
    const [inner, outer] = world.ended;
    expect(inner.identity.parent).toBeUndefined();
    expect(inner.traceId).not.toBe(outer.traceId);
  });

  test('an error is recorded by its type and thrown on', async () => {
    const { scheduler, world } = newWorld();
    const run = scheduler.run(() =>
      world.inSpan('breaks', {}, async () => {
        await world.wait(5);
        throw new TypeError('private');
      }),
    );
    await expect(run).rejects.toThrow(TypeError);
    const [span] = world.ended;
    expect(span).toMatchObject({ failed: true, attributes: { 'error.type': 'TypeError' } });
    expect(span.end).toBe(scheduler.now);
  });

  test('attributes that a caller shares between spans stay apart', async () => {
    const { scheduler, world } = newWorld();
    const attributes = { shared: 1 };
    await scheduler.run(() => world.inSpan('one', { attributes }, async (span) => span.set({ own: 2 })));
    expect(attributes).toEqual({ shared: 1 });
    expect(world.ended[0].attributes).toEqual({ shared: 1, own: 2 });
  });
});

describe('tools', () => {
  const called = async (request: Partial<ToolRequest>) => {
    const { scheduler, world } = newWorld();
    const answer = await scheduler.run(() =>
      world.inSpan('tool_call', { kind: SpanKind.CLIENT }, () => world.callTool({ ...search, ...request })),
    );
    return { answer, caller: world.ended[0], server: world.tools.ended[0] };
  };

  test('a server span below the caller, with network time on both sides', async () => {
    const { answer, caller, server } = await called({});
    expect(answer).toEqual({ status: 200, bytes: '{"tool":"search","ok":true}'.length });
    expect(server).toMatchObject({ name: 'GET /tool/:name', kind: SpanKind.SERVER, failed: false });
    expect(server.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/tool/:name',
      'gen_ai.tool.name': 'search',
      'http.response.status_code': 200,
    });
    expect(server.identity).toMatchObject({ parent: caller, remote: true });
    expect(server.start).toBeGreaterThan(caller.start);
    expect(server.end).toBeLessThan(caller.end);
  });

  test('never quicker than asked, and a few per cent slower at most', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const { scheduler, world } = newWorld(seed);
      await scheduler.run(() => world.callTool(search));
      const [server] = world.tools.ended;
      expect(server.end - server.start).toBeGreaterThanOrEqual(80);
      expect(scheduler.now).toBeLessThan(80 * 1.05);
    }
  });

  test('fails where the seed says so, with a 503', async () => {
    const { answer, server } = await called({ errorRate: 1 });
    expect(answer).toEqual({ status: 503, bytes: '{"error":"tool search is unavailable"}'.length });
    expect(server).toMatchObject({
      failed: true,
      attributes: { 'http.response.status_code': 503, 'error.type': '503' },
    });
  });

  test('a payload takes its time on the wire, within the server span', async () => {
    const { answer, server } = await called({ payloadBytes: 1_000_000, mbPerS: 10 });
    expect(answer).toEqual({ status: 200, bytes: 1_000_000 });
    expect(server.end - server.start).toBeGreaterThanOrEqual(180);
    expect(server.end - server.start).toBeLessThan(190);
    const unlimited = await called({ payloadBytes: 1_000_000 });
    expect(unlimited.server.end - unlimited.server.start).toBeLessThan(90);
  });

  test('a failed call sends no payload', async () => {
    const { answer, server } = await called({ errorRate: 1, payloadBytes: 1_000_000, mbPerS: 1 });
    expect(answer.bytes).toBeLessThan(100);
    expect(server.end - server.start).toBeLessThan(90);
  });
});

test('writers wait for each other, first in first out', async () => {
  const { scheduler, world } = newWorld();
  const done: number[] = [];
  await scheduler.run(() =>
    Promise.all([1, 2, 3, 4].map((i) => world.persist(new Uint8Array(10)).then(() => done.push(i)))),
  );
  expect(done).toEqual([1, 2, 3, 4]);
  expect(scheduler.now).toBeGreaterThanOrEqual(4);
  expect(scheduler.now).toBeLessThan(16);
  const before = scheduler.now;
  await scheduler.run(() => scheduler.sleep(100).then(() => world.persist(new Uint8Array(10))));
  expect(scheduler.now - before).toBeLessThan(104); // a disk at rest saves up nothing, and owes nothing
});
