import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import { buildToolService } from '../tool-service/app.ts';
import { type ToolRequest, ToolUnreachable } from '../world.ts';
import { Journal } from './journal.ts';
import { LiveWorld } from './world.ts';

const request: ToolRequest = {
  tool: 'search',
  delayMs: 0,
  errorRate: undefined,
  seed: 1,
  call: 0,
  attempt: 0,
  payloadBytes: 0,
  mbPerS: 0,
};
/** TOOL_ERROR_RATE=1 */
const tools = buildToolService({ delayMs: 0, errorRate: 1 });
let toolUrl: string;
let folder: string;
let journal: Journal;
beforeAll(async () => {
  toolUrl = await tools.listen({ host: '127.0.0.1', port: 0 });
  folder = await mkdtemp(path.join(tmpdir(), 'ati-world-'));
  journal = new Journal(path.join(folder, 'journal'));
});
afterAll(async () => {
  await tools.close();
  await journal.close();
  await rm(folder, { recursive: true });
});

test("the tool's own error rate holds where the request names none", async () => {
  const world = new LiveWorld(toolUrl, journal);
  expect((await world.callTool(request)).status).toBe(503);
  expect((await world.callTool({ ...request, errorRate: 0 })).status).toBe(200);
});

test('bytes are those that came', async () => {
  const world = new LiveWorld(toolUrl, journal);
  const answer = await world.callTool({ ...request, errorRate: 0, payloadBytes: 300_000 });
  expect(answer).toEqual({ status: 200, bytes: 300_000 });
});

test('a delay that is no whole number of milliseconds is one that the tool takes', async () => {
  const world = new LiveWorld(toolUrl, journal);
  expect((await world.callTool({ ...request, errorRate: 0, delayMs: 2.6 })).status).toBe(200);
});

test('no answer rejects, and says where it was looked for', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const world = new LiveWorld(nobody, journal);
  const call = world.callTool(request);
  await expect(call).rejects.toThrow(ToolUnreachable);
  await expect(call).rejects.toThrow(`${nobody} does not answer: ECONNREFUSED`);
});

test('once it stops, waits and calls reject at once, and not as an unreachable tool', async () => {
  const stopping = new AbortController();
  const world = new LiveWorld(toolUrl, journal, stopping.signal);
  const wait = world.wait(3_600_000);
  const call = world.callTool({ ...request, delayMs: 60_000 });
  stopping.abort();
  await expect(wait).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  await expect(call).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
