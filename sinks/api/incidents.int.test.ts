import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClickHouseError } from '#infra/clickhouse/port.ts';
import type { Signal } from '#schemas/events.ts';
import { incidents } from '../projections/incidents.ts';
import { signals } from '../projections/signals.ts';
import { traces } from '../projections/traces.ts';
import {
  finding,
  hex,
  incidentEvent,
  signal,
  startDatabase,
  store,
  type TestDatabase,
  traceSummary,
} from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver, get, NOW, rowsReadFor } from './testing.ts';

let db: TestDatabase;
let api: Api;

const T = 1_700_000_000_000;
const opened = incidentEvent({ incidentId: hex(1, 32), at: T + 1 });
const updated = {
  ...opened,
  event: 'updated',
  revision: 2,
  settled: true,
  severity: 'critical',
  at: T + 10,
} as const;
const resolved = {
  ...updated,
  event: 'resolved',
  revision: 3,
  windowEnd: opened.windowEnd + 60_000,
  at: T + 5,
} as const;
const collapse = incidentEvent({
  incidentId: hex(2, 32),
  kind: 'fanout_collapse',
  severity: 'critical',
  agent: 'buyer',
  operation: 'buy',
  openedAt: T - 60_000,
  at: T + 7,
  exemplarTraceIds: [],
});
const gone = incidentEvent({ incidentId: hex(3, 32), event: 'retracted', at: T + 8 });
const elsewhere = incidentEvent({ incidentId: hex(4, 32), tenant: 'other', at: T + 9 });
const bought = (given: Partial<Signal>) => signal({ agent: 'buyer', operation: 'buy', ...given });

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  // Out of order and twice, as an at-least-once log may give them.
  await store(db, incidents, 'IncidentEvent', [resolved, opened, collapse]);
  await store(db, incidents, 'IncidentEvent', [opened, updated, gone, elsewhere, resolved]);
  // By its findings: /v1/incidents?traceId=
  await store(db, traces, 'TraceSummary', [
    traceSummary({ traceId: hex(0x77, 32), findings: [finding({ incidentId: hex(2, 32) })] }),
  ]);
  const root = finding({ incidentId: hex(2, 32) });
  const symptom = { ...root, root: false, explainedBy: hex(1, 32) };
  await store(db, signals, 'Signal', [
    bought({ traceId: hex(0x77, 32), findings: [root] }),
    bought({ traceId: hex(0x77, 32), revision: 2, findings: [root] }),
    bought({ traceId: hex(0x78, 32), eventTime: T + 9_250, findings: [root] }),
    bought({ traceId: hex(0x79, 32), eventTime: T + 20_000, findings: [symptom] }),
    // What is taken back is not seen any more.
    bought({ traceId: hex(0x7b, 32), eventTime: T + 30_000, findings: [root] }),
    bought({ traceId: hex(0x7b, 32), eventTime: T + 30_000, revision: 2 }),
    // An earlier episode.
    bought({ traceId: hex(0x7a, 32), eventTime: T - 60_001, findings: [root] }),
    bought({ traceId: hex(0x7c, 32), eventTime: T + 40_000, tenant: 'other', findings: [root] }),
  ]);
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

const ids = async (query: string) => {
  const { status, body } = await get(api, `/v1/incidents${query}`);
  expect(status).toBe(200);
  return body.incidents.map((incident: { incidentId: string }) => Number.parseInt(incident.incidentId, 16));
};

test('each incident once, with its last event; the last changed first; no other tenant’s', async () => {
  expect(await ids('')).toEqual([3, 2, 1]);
});

test.each([
  ['?state=open', [2]],
  ['?state=resolved', [1]],
  ['?state=retracted', [3]],
  ['?state=all', [3, 2, 1]],
  ['?kind=fanout_collapse', [2]],
  ['?kind=starvation', []],
  ['?severity=critical', [2, 1]],
  ['?agent=buyer', [2]],
  ['?agent=buye', []],
  ['?operation=plan%20trip&severity=critical', [1]],
  [`?from=${T + 6}`, [3, 2]],
  [`?to=${T + 7}`, [1]],
  [`?from=${new Date(T + 7).toISOString()}&to=${T + 8}`, [2]],
  // By its own list of exemplars, and by the findings of the trace.
  [`?traceId=${hex(0xabc, 32)}`, [3, 1]],
  [`?traceId=${hex(0x77, 32)}`, [2]],
  [`?traceId=${hex(0x99, 32)}`, []],
  [`?id=${hex(2, 32)}`, [2]],
  [`?id=${'0'.repeat(20)}&state=open`, [2]],
  ['?id=1', []],
])('%s', async (query, expected) => {
  expect(await ids(query)).toEqual(expected);
});

test('pages cover everything once, whatever their size', async () => {
  for (const limit of [1, 2, 3]) {
    const seen: string[] = [];
    let url = `/v1/incidents?limit=${limit}`;
    for (;;) {
      const { body } = await get(api, url);
      seen.push(...body.incidents.map(({ incidentId }: { incidentId: string }) => incidentId));
      if (body.next === null) break;
      url = `/v1/incidents?limit=${limit}&cursor=${body.next}`;
    }
    expect(seen).toEqual([hex(3, 32), hex(2, 32), hex(1, 32)]);
  }
});

test('one incident: its last event and its history, each event once, in order', async () => {
  const { status, body } = await get(api, `/v1/incidents/${opened.incidentId}`);
  expect(status).toBe(200);
  expect(body.history.map(({ event }: { event: string }) => event)).toEqual([
    'opened',
    'updated',
    'resolved',
  ]);
  expect(body.incident).toEqual({
    ...resolved,
    state: 'resolved',
    windowStart: '2023-11-14T22:13:20.000Z',
    windowEnd: '2023-11-14T22:15:20.000Z',
    openedAt: '2023-11-14T22:13:21.000Z',
    at: '2023-11-14T22:13:20.005Z',
    atMs: T + 5,
    acknowledgedAt: null,
    mutedUntil: null,
    lastSeenAt: null,
    seenTraces: 0,
  });
});

test('how often it was seen: in the signals of its episode, each trace once, only as a root', async () => {
  const { body } = await get(api, '/v1/incidents?kind=fanout_collapse');
  expect(body.incidents).toMatchObject([{ seenTraces: 2, lastSeenAt: '2023-11-14T22:13:29.250Z' }]);
  const one = await get(api, `/v1/incidents/${hex(2, 32)}`);
  expect(one.body.incident).toMatchObject({ seenTraces: 2, lastSeenAt: '2023-11-14T22:13:29.250Z' });
});

test('what came after its episode, or more than a day ago, is not counted', async () => {
  const old = NOW - 24 * 3_600_000;
  const sold = { agent: 'seller', operation: 'sell', kind: 'retry_storm' } as const;
  const over = { ...resolved, ...sold, incidentId: hex(5, 32), openedAt: T, at: T + 10_000 };
  const long = { ...opened, ...sold, incidentId: hex(6, 32), openedAt: old - 60_000, at: old - 59_000 };
  await store(db, incidents, 'IncidentEvent', [over, long]);
  const seen = (trace: number, id: number, eventTime: number) =>
    signal({ ...sold, traceId: hex(trace, 32), eventTime, findings: [finding({ incidentId: hex(id, 32) })] });
  await store(db, signals, 'Signal', [
    ...[0, 9_999, 10_000, 10_001].map((ms) => seen(0x100 + ms, 5, T + ms)),
    ...[-1, 0, 60_000].map((ms) => seen(0x20_000 + ms, 6, old + ms)),
  ]);
  const { body } = await get(api, '/v1/incidents?agent=seller');
  expect(body.incidents).toMatchObject([
    { incidentId: hex(5, 32), seenTraces: 3, lastSeenAt: new Date(T + 10_000).toISOString() },
    { incidentId: hex(6, 32), seenTraces: 2, lastSeenAt: new Date(old + 60_000).toISOString() },
  ]);
});

test('for it, what other agent operations did is not read, nor days before the last', async () => {
  const url = `/v1/incidents/${hex(2, 32)}`;
  const before = await rowsReadFor(db, url);
  // More than a granule of another operation, and three days of the same one.
  await store(
    db,
    signals,
    'Signal',
    Array.from({ length: 20_000 }, (_, i) => signal({ traceId: hex(0x1000 + i, 32) })),
  );
  for (const days of [2, 3, 4]) {
    const eventTime = NOW - days * 86_400_000;
    const many = Array.from({ length: 1_000 }, (_, i) => bought({ traceId: hex(0x9000 + i, 32), eventTime }));
    await store(db, signals, 'Signal', many);
  }
  expect(await rowsReadFor(db, url)).toBeLessThanOrEqual(before + 8_192);
});

test('a count that meets its limits leaves the incidents; what else goes wrong is said', async () => {
  const failing = (code: number): Parameters<typeof apiOver>[0] => ({
    ...db,
    clickhouse: {
      command: (sql, options) => db.clickhouse.command(sql, options),
      insert: (...given) => db.clickhouse.insert(...given),
      raw: (sql, format, options) => db.clickhouse.raw(sql, format, options),
      ping: () => db.clickhouse.ping(),
      close: async () => {},
      query: (sql, options) =>
        sql.includes('ati_signals')
          ? Promise.reject(new ClickHouseError('no', code, false))
          : db.clickhouse.query(sql, options),
    },
  });
  const slow = await apiOver(failing(159));
  const list = await get(slow, '/v1/incidents?kind=fanout_collapse');
  expect(list).toMatchObject({
    status: 200,
    body: { incidents: [{ incidentId: hex(2, 32), seenTraces: null, lastSeenAt: null }] },
  });
  expect((await get(slow, `/v1/incidents/${hex(2, 32)}`)).body.incident).toMatchObject({ seenTraces: null });
  await slow.close();
  const broken = await apiOver(failing(62));
  expect((await get(broken, '/v1/incidents')).status).toBe(500);
  await broken.close();
});

test('events after a revision, the oldest first, each once', async () => {
  const of = async (query: string) =>
    (await get(api, `/v1/incidents/${opened.incidentId}/events${query}`)).body.events.map(
      ({ revision }: { revision: number }) => revision,
    );
  expect(await of('')).toEqual([1, 2, 3]);
  expect(await of('?after=1')).toEqual([2, 3]);
  expect(await of('?after=3')).toEqual([]);
  expect((await get(api, `/v1/incidents/${elsewhere.incidentId}/events`)).body).toEqual({ events: [] });
  expect((await get(api, `/v1/incidents/${opened.incidentId}/events?after=x`)).status).toBe(400);
});

test.each([hex(9, 32), elsewhere.incidentId])('no incident %s', async (id) => {
  expect(await get(api, `/v1/incidents/${id}`)).toMatchObject({
    status: 404,
    body: { error: { code: 'not_found', message: `no incident ${id}` } },
  });
});

test.each([
  ['/v1/incidents?kind=no%20kind', /^kind: /],
  ['/v1/incidents?limit=0', /^limit: /],
  ['/v1/incidents?limit=501', /^limit: /],
  ['/v1/incidents?limit=many', /^limit: /],
  ['/v1/incidents?from=2023-02-31', /^from: must be an ISO 8601 time/],
  ['/v1/incidents?from=yesterday', /^from: must be an ISO 8601 time/],
  ['/v1/incidents?state=closed', /^state: /],
  ['/v1/incidents?id=xyz', /^id: must be up to 32 hex digits/],
  ['/v1/incidents?muted=1', /^muted: must be true or false/],
  ['/v1/incidents?traceId=xyz', /^traceId: must be 32 hex digits/],
  ['/v1/incidents?cursor=abc', /^cursor: /],
  ['/v1/incidents?from=x&limit=x', /from: .*; limit: |limit: .*; from: /],
  ['/v1/incidents/xyz', /^id: must be 32 hex digits/],
])('%s is told what is wrong', async (url, message) => {
  const { status, body } = await get(api, url);
  expect(status).toBe(400);
  expect(body).toEqual({ error: { code: 'bad_request', message: expect.stringMatching(message) } });
});
