import { expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import type { FindingKind } from '#schemas/events.ts';
import { readBack, stands } from './read-back.ts';
import { bodyOf, fakeServer } from './testing.ts';

const id = (n: number) => n.toString(16).padStart(32, '0');
const run = (n: number, planted: FindingKind[] = []) => ({
  scenario: 'retry',
  latencyMs: 1,
  traceId: id(n),
  planted,
});
const row = (n: number, ...findings: [kind: FindingKind, root: boolean][]) => ({
  TraceId: id(n),
  Kinds: findings.map(([kind]) => kind),
  Agents: findings.map(() => 'caller'),
  Callees: findings.map(() => 'tool_call flaky'),
  Roots: findings.map(([, root]) => root),
  Incidents: findings.map(([kind]) => `incident-${kind}`),
});
type Row = ReturnType<typeof row> | { IncidentId: string; State: string };
type Answer = Row[] | number | string;

/** A query API whose answers to `traces` and `incidents` come in order, the last one again and again. */
async function api(traces: Answer[], incidents: Answer[] = [[]]) {
  const queries: string[] = [];
  const server = await fakeServer(async (request, response) => {
    const { query } = JSON.parse(await bodyOf(request)) as { query: string };
    queries.push(query);
    const from = query.includes('ati_traces') ? traces : incidents;
    const answer = from.length > 1 ? from.shift() : from[0];
    if (typeof answer === 'number') response.writeHead(answer).end('{"error":"so"}');
    else response.end(typeof answer === 'string' ? answer : JSON.stringify({ data: answer }));
  });
  return { server, queries };
}
const quick = { arrivalMs: 1, agreementMs: 1, everyMs: 1 };

test('all as planted: asked once', async () => {
  const { server, queries } = await api(
    [[row(1, ['retry_storm', true]), row(2)]],
    [[{ IncidentId: 'incident-retry_storm', State: 'open' }]],
  );
  await using _ = server;
  const played = [run(1, ['retry_storm']), run(2)];
  const read = await readBack({ ...quick, api: server.url, played });
  expect(read).toMatchObject({
    ok: true,
    answer: {
      traces: 2,
      arrived: 2,
      agreement: [{ kind: 'retry_storm', planted: 1, found: 1, unplanted: 0 }],
      incidents: [{ kind: 'retry_storm', agent: 'caller', traces: 1, state: 'open' }],
    },
  });
  expect(read.ok && stands(read.answer)).toBe(true);
  expect(queries).toHaveLength(2);
});

test('what has not come is asked for again, and only that', async () => {
  const { server, queries } = await api([[row(1)], [], [row(2)]]);
  await using _ = server;
  const progress: number[] = [];
  const read = await readBack({
    ...quick,
    arrivalMs: 60_000,
    api: server.url,
    played: [run(1), run(2)],
    onProgress: (arrived) => progress.push(arrived),
  });
  expect(read).toMatchObject({ ok: true, answer: { arrived: 2 } });
  expect(progress).toEqual([1, 1, 2]);
  expect(queries.map((query) => query.includes(id(1)))).toEqual([true, false, false]);
});

test('a trace that is found otherwise is looked at again: late spans re-open it', async () => {
  const { server } = await api(
    [[row(1)], [row(1, ['starvation', true])]],
    [[], [{ IncidentId: 'incident-starvation', State: 'open' }]],
  );
  await using _ = server;
  const read = await readBack({
    ...quick,
    agreementMs: 60_000,
    api: server.url,
    played: [run(1, ['starvation'])],
  });
  expect(read.ok && stands(read.answer)).toBe(true);
});

test('a symptom of another finding is not counted', async () => {
  const { server } = await api([[row(1, ['retry_storm', true], ['fanout_collapse', false])]]);
  await using _ = server;
  const read = await readBack({ ...quick, api: server.url, played: [run(1, ['retry_storm'])] });
  expect(read).toMatchObject({ ok: true, answer: { agreement: [{ kind: 'retry_storm', unplanted: 0 }] } });
});

test.each<[string, Answer[], Answer[]]>([
  ['a trace that does not come', [[]], [[]]],
  ['a failure that is not found', [[row(1)]], [[]]],
  ['an incident that is not reported', [[row(1, ['retry_storm', true])]], [[]]],
])('%s: it gives up after a while, and does not stand', async (_what, traces, incidents) => {
  const { server } = await api(traces, incidents);
  await using _ = server;
  const read = await readBack({ ...quick, api: server.url, played: [run(1, ['retry_storm'])] });
  expect(read.ok).toBe(true);
  expect(read.ok && stands(read.answer)).toBe(false);
});

test('a busy API is asked again', async () => {
  const { server } = await api([429, 503, [row(1)]]);
  await using _ = server;
  const read = await readBack({ ...quick, arrivalMs: 60_000, api: server.url, played: [run(1)] });
  expect(read).toMatchObject({ ok: true, answer: { arrived: 1 } });
});

test.each<[Answer, string]>([
  [400, 'answered 400: {"error":"so"}'],
  [429, 'answered 429'],
  ['<html>', "is not ATI's query API: it answered no JSON"],
  ['{}', "is not ATI's query API: it answered no rows"],
])('an API that answers %j is told', async (answer, reason) => {
  const { server } = await api([answer]);
  await using _ = server;
  const read = await readBack({ ...quick, api: server.url, played: [run(1)] });
  expect(read).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
});

test('an API that is away is told at once', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const read = await readBack({ api: url, played: [run(1)] });
  expect(read).toEqual({
    ok: false,
    reason: `ATI's query API does not answer at ${url} (ECONNREFUSED): is ATI running? npm start, or --api URL`,
  });
});

test('a thousand traces are asked for in statements that the API takes', async () => {
  const { server, queries } = await api([[]]);
  await using _ = server;
  await readBack({ ...quick, api: server.url, played: Array.from({ length: 1_001 }, (_, i) => run(i)) });
  expect(queries.length).toBeGreaterThanOrEqual(3);
  for (const query of queries) expect(query.length).toBeLessThan(20_000);
});
