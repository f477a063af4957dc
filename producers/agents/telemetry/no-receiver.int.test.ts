import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import { type ForkedProcess, forkProcess } from '#infra/testing/fork.ts';
import { until } from '#infra/testing/until.ts';

/** Metrics, so that there are failures without any work. */
const INTERVAL_MS = 100;

let folder: string;
const running: ForkedProcess[] = [];
const receivers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ati-no-receiver-'));
});
afterEach(async () => {
  for (const process of running.splice(0)) await process.end('SIGKILL');
  for (const receiver of receivers.splice(0)) receiver.close();
  await rm(folder, { recursive: true });
});

async function start(program: 'agent-app' | 'tool-service', endpoint: string) {
  const [agentPort, toolPort] = [await freePort(), await freePort()];
  const process = forkProcess(path.join(import.meta.dirname, '..', program, 'main.ts'), {
    ATI_DATA_DIR: folder,
    ATI_AGENT_PORT: String(agentPort),
    ATI_TOOL_PORT: String(toolPort),
    ATI_EXPORT_DELAY_MS: '20',
    ATI_METRICS_INTERVAL_MS: String(INTERVAL_MS),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  });
  running.push(process);
  await process.ready;
  const warnings = () =>
    process
      .stdout()
      .split('\n')
      .filter((line) => line.includes('telemetry was not taken'))
      .map((line) => JSON.parse(line) as { failed: Record<string, number>; reason: string });
  return { ...process, url: `http://127.0.0.1:${program === 'agent-app' ? agentPort : toolPort}`, warnings };
}

/** A receiver that answers everything with `status`; `paths`: what was posted. */
async function refusing(status: number): Promise<{ endpoint: string; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    request.resume().once('end', () => response.writeHead(status).end('canary'));
  });
  receivers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

test('a receiver that refuses: tools answer as ever, one warning, the rest of them counted at the end', async () => {
  const { endpoint, paths } = await refusing(400);
  const service = await start('tool-service', endpoint);
  expect((await fetch(`${service.url}/tool/search?delay_ms=0&error_rate=1`)).status).toBe(503);
  for (const signal of ['traces', 'metrics', 'logs'])
    await until(`${signal} were refused twice`, async () => {
      await fetch(`${service.url}/tool/search?delay_ms=0&error_rate=1`);
      return paths.filter((each) => each === `/v1/${signal}`).length > 2;
    });
  expect(service.warnings()).toHaveLength(1);
  expect(await service.end('SIGTERM')).toBe(0);
  const [first, last, ...others] = service.warnings();
  expect(others).toEqual([]);
  expect(first.reason).toBe('HTTP 400');
  expect(last.failed).toMatchObject({
    traces: expect.any(Number),
    metrics: expect.any(Number),
    logs: expect.any(Number),
  });
  expect(service.stderr()).toBe('');
  // What a receiver answers may be anything.
  expect(service.stdout()).not.toContain('canary');
});

test('a receiver that is not there: workflows run, and the process stops in order', async () => {
  const agent = await start('agent-app', `http://127.0.0.1:${await freePort()}`);
  // A stream alone calls no tools.
  const run = await fetch(`${agent.url}/stream?duration_s=1`);
  expect(await run.text()).toContain('"done":true');
  expect(await agent.end('SIGTERM')).toBe(0);
  const warnings = agent.warnings();
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.length).toBeLessThanOrEqual(2);
  expect(agent.stderr()).toBe('');
});
