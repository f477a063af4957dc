import { expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import { fakeServer } from './testing.ts';
import { isAgentApp, playWorkflow } from './workflow.ts';

const TRACE = 'a'.repeat(32);
const TRUTH = { failures: [{ kind: 'retry_storm', agent: 'caller' }], insights: [] };
const never = new AbortController().signal;

async function played(status: number, body: string, workflow: object = { scenario: 'retry', fanout: 3 }) {
  const asked: string[] = [];
  await using server = await fakeServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(status, { location: '/elsewhere' }).end(body);
  });
  const result = await playWorkflow(server.url, workflow as { scenario: 'retry' }, 7, never);
  expect(result.latencyMs).toBeGreaterThan(0);
  return { ...result, latencyMs: undefined, asked };
}

test('a run: its parameters are sent with the seed, its trace and truth are kept', async () => {
  const answer = JSON.stringify({ traceId: TRACE, truth: TRUTH, toolCalls: 3 });
  expect(await played(200, answer)).toEqual({
    scenario: 'retry',
    planted: ['retry_storm'],
    traceId: TRACE,
    asked: ['/run?scenario=retry&seed=7&fanout=3'],
  });
});

test('a seed of the profile goes before', async () => {
  const { asked } = await played(200, '{}', { scenario: 'dag', seed: 99 });
  expect(asked).toEqual(['/run?scenario=dag&seed=99']);
});

test('a stream: the trace id comes first, the truth last, chunks between', async () => {
  const lines = [
    { traceId: TRACE },
    { chunk: 0 },
    { chunk: 1 },
    { done: true, traceId: TRACE, truth: TRUTH },
  ];
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { error, traceId, asked } = await played(200, body, { scenario: 'stream', duration_s: 2 });
  expect([error, traceId, asked]).toEqual([undefined, TRACE, ['/stream?seed=7&duration_s=2']]);
});

test.each([
  [400, '{"error":"depth: too deep"}', 'HTTP 400: depth: too deep'],
  [502, '<html>', 'HTTP 502'],
  [302, '', 'HTTP 302'],
  [200, `{"traceId":"${TRACE}"}\n{"error":"no tools"}\n`, 'it broke off: no tools'],
  [200, `{"traceId":"${TRACE}"}\n{"chunk":0}\n`, 'no answer of an agent app'],
  [200, '<html>', 'no answer of an agent app'],
  [200, '', 'no answer of an agent app'],
  [200, '[1]', 'no answer of an agent app'],
  [200, JSON.stringify({ traceId: "' OR 1", truth: TRUTH }), 'no answer of an agent app'],
  [200, JSON.stringify({ traceId: TRACE, truth: { failures: [{ kind: 7 }] } }), 'no answer of an agent app'],
])('an answer %d %j is the error "%s", and nothing else is asked', async (status, body, error) => {
  const result = await played(status, body);
  expect(result).toMatchObject({ error, planted: [] });
  expect(result.traceId).toBeUndefined();
  expect(result.asked).toHaveLength(1);
});

test('nobody there, or given up: an error, never a rejection', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  expect(await playWorkflow(url, { scenario: 'rag' }, 1, never)).toMatchObject({ error: 'ECONNREFUSED' });
  const controller = new AbortController();
  await using server = await fakeServer(() => controller.abort(new Error('given up')));
  const result = await playWorkflow(server.url, { scenario: 'rag' }, 1, controller.signal);
  expect(result).toMatchObject({ error: 'given up', planted: [] });
});

test('an agent app is known by its health', async () => {
  const answers = ['{"status":"ok","service":"agent-app"}', '{"status":"ok","service":"tool-service"}', 'ok'];
  const known: boolean[] = [];
  for (const body of answers) {
    await using server = await fakeServer((_request, response) => response.end(body));
    known.push(await isAgentApp(server.url));
  }
  expect(known).toEqual([true, false, false]);
  expect(await isAgentApp(`http://127.0.0.1:${await freePort()}`)).toBe(false);
});
