import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OtlpLogRecord } from '#schemas/otlp/write-logs.ts';
import { telemetry } from '../projections/telemetry.ts';
import { hex, startDatabase, store, type TestDatabase } from '../testing.ts';
import { logBatch } from '../testing-telemetry.ts';
import type { Api } from './deps.ts';
import { apiOver, get, NOW } from './testing.ts';

let db: TestDatabase;
let api: Api;

const nanos = (ms: number) => BigInt(ms) * 1_000_000n;
const T = NOW - 600_000;
const record = (eventName: string, severityNumber: number, more: OtlpLogRecord = {}): OtlpLogRecord => ({
  timeUnixNano: nanos(T) + BigInt(severityNumber),
  severityNumber,
  eventName,
  ...more,
});

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  const shop = logBatch([
    record('start', 9, { severityText: 'INFO', attributes: { n: 1 }, flags: 1, spanId: hex(4, 16) }),
    record('retry', 13, { body: { kvlist: { attempt: 2 } }, traceId: hex(3, 32) }),
    record('fail', 17, { traceId: hex(3, 32) }),
    record('odd', 0),
  ]);
  const tools = logBatch([record('start', 12)], { service: 'tools' });
  const old = logBatch([
    record('old', 21, { timeUnixNano: nanos(NOW - 3_600_001), traceId: hex(3, 32) }),
    record('hour', 21, { timeUnixNano: nanos(NOW - 3_600_000) }),
    record('future', 21, { timeUnixNano: nanos(NOW) }),
  ]);
  const foreign = logBatch([record('start', 9)], { tenant: 'other' });
  // Twice, as after a crash.
  for (const batches of [[shop, tools, old, foreign], [shop], [tools, old]]) {
    await store(db, telemetry, 'LogBatch', batches);
  }
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

async function ok(query: string) {
  const { status, body } = await get(api, `/v1/logs${query}`);
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}
const events = async (query: string) =>
  (await ok(query)).logs.map(({ eventName }: { eventName: string }) => eventName);

test.each([
  ['', ['fail', 'retry', 'start', 'start', 'odd', 'hour']],
  ['?service=tools', ['start']],
  ['?service=nobody', []],
  ['?minSeverity=warn', ['fail', 'retry', 'hour']],
  ['?minSeverity=ERROR', ['fail', 'hour']],
  ['?minSeverity=12', ['fail', 'retry', 'start', 'hour']],
  ['?minSeverity=1', ['fail', 'retry', 'start', 'start', 'hour']],
  ['?eventName=start', ['start', 'start']],
  ['?eventName=star', []],
  ['?eventName=start&service=shop', ['start']],
  [`?traceId=${hex(3, 32)}`, ['fail', 'retry', 'old']],
  [`?traceId=${hex(3, 32)}&from=${NOW - 3_600_000}`, ['fail', 'retry']],
  [`?traceId=${hex(3, 32)}&to=${NOW - 3_600_000}`, ['old']],
  [`?traceId=${hex(5, 32)}`, []],
  [`?from=${NOW}&to=${NOW + 1}`, ['future']],
  [`?from=${NOW - 3_600_001}&to=${NOW - 3_600_000}`, ['old']],
  ['?from=0', []],
])('%s', async (query, expected) => {
  expect(await events(query)).toEqual(expected);
});

test('every field', async () => {
  const { from, to, next, logs } = await ok('?service=shop&eventName=start');
  expect([from, to, next]).toEqual(['2023-11-14T21:23:20.000Z', '2023-11-14T22:23:20.000Z', null]);
  expect(logs).toEqual([
    {
      time: '2023-11-14T22:13:20.000Z',
      timeUnixNano: String(nanos(T) + 9n),
      service: 'shop',
      severityNumber: 9,
      severityText: 'INFO',
      eventName: 'start',
      body: null,
      traceId: '',
      spanId: hex(4, 16),
      traceFlags: 1,
      attributes: { n: '1' },
      resource: { 'service.name': 'shop', 'host.name': 'box' },
      scope: { name: 'meter', version: '1.2' },
    },
  ]);
  expect((await ok('?eventName=retry')).logs[0].body).toBe('{"attempt":2}');
});

test('of one trace the range is what was asked for', async () => {
  expect(await ok(`?traceId=${hex(3, 32)}`)).toMatchObject({ from: null, to: null });
  expect(await ok(`?traceId=${hex(3, 32)}&to=${NOW}`)).toMatchObject({
    from: null,
    to: '2023-11-14T22:23:20.000Z',
  });
});

describe('pages', () => {
  test('each record once, equal ones and those of one time, too', async () => {
    const equal = { timeUnixNano: nanos(T), severityText: 'same' };
    const batch = logBatch([equal, equal, equal, { ...equal, attributes: { n: 1 } }], { service: 'pages' });
    await store(db, telemetry, 'LogBatch', [batch]);
    await store(db, telemetry, 'LogBatch', [batch, batch]);
    const all = (await ok('?service=pages')).logs;
    expect(all.length).toBe(4);
    for (const limit of [1, 3]) {
      const paged: unknown[] = [];
      for (let cursor = ''; ; ) {
        const page = await ok(`?service=pages&limit=${limit}${cursor}`);
        paged.push(...page.logs);
        if (page.next === null) break;
        cursor = `&cursor=${page.next}`;
      }
      expect(paged).toEqual(all);
    }
  });
});

test.each([
  [
    '?minSeverity=warning',
    'minSeverity: must be one of trace, debug, info, warn, error, fatal, or a number from 1',
  ],
  ['?minSeverity=0', 'minSeverity: must be'],
  ['?minSeverity=25', 'minSeverity: must be'],
  ['?traceId=abc', 'traceId: must be 32 hex digits'],
  ['?cursor=x', 'cursor: is not one that this list has given'],
  [`?from=${T}&to=${T}`, 'from: must be before to'],
])('%s: %s', async (query, message) => {
  const { status, body } = await get(api, `/v1/logs${query}`);
  expect([status, body.error.code]).toEqual([400, 'bad_request']);
  expect(body.error.message).toContain(message);
});
