import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PathShare, TraceSummary } from '#schemas/events.ts';
import { traces } from '../projections/traces.ts';
import { hex, startDatabase, store, type TestDatabase, traceSummary } from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver, get, NOW, rowsReadFor } from './testing.ts';

let db: TestDatabase;
let api: Api;

const HOUR = 3_600_000;
const T = NOW - HOUR / 2;
let made = 0;

const share = (operation: string, pathMs: number, given: Partial<PathShare> = {}): PathShare => ({
  ...{ type: 'self', role: 'tool', service: 'tools', agent: 'tools', operation, instance: '' },
  ...{ callerService: '', callerOperation: '', spans: 1, errors: 0 },
  ...{ pathNs: pathMs * 1e6, dragNs: pathMs * 1e6 },
  ...given,
});
const trace = (shares: PathShare[], given: Partial<TraceSummary> = {}, atMs = T): TraceSummary => {
  made++;
  return traceSummary({
    traceId: hex(made, 32),
    startUnixNano: BigInt(atMs) * 1_000_000n,
    source: { partition: 0, offset: made, sequence: 0, clock: atMs + 500 },
    durationNs: shares.reduce((sum, { pathNs }) => sum + pathNs, 0),
    errorCount: 0,
    shares,
    ...given,
  });
};
const times = (n: number, of: (i: number) => TraceSummary) => Array.from({ length: n }, (_, i) => of(i));
const host = (i: number) => `host-${(i % 4) + 1}`;

/** Ten of a hundred are slow: all those on host-3 that are in the last part, and a person is waited for in others. */
const shop = times(100, (i) => {
  const slow = i >= 60 && i % 4 === 2;
  return trace([
    share('plan', 20 + (i % 3), { service: 'shop', role: 'planner' }),
    share('search', slow ? 800 + i : 100 + (i % 7), { instance: host(i) }),
    ...(i % 10 === 1 ? [share('approve', 60_000, { type: 'idle', role: 'human' })] : []),
  ]);
});
/** An hour before all was well; now every trace is slower, and calls more. */
const load = (atMs: number, calls: number) =>
  times(40, (i) =>
    trace(
      [share('rank', calls * (30 + (i % 5)), { spans: calls, instance: host(i) })],
      { rootOperation: 'batch', rootService: 'jobs' },
      atMs,
    ),
  );
const failing = times(60, (i) => {
  const fails = i % 6 === 0;
  const node = { role: 'tool', service: 'tools', agent: 'tools', count: 1, totalNs: 1, pathNs: 1 };
  return trace([share('store', 50 + (i % 3), { instance: host(i), errors: fails ? 1 : 0 })], {
    rootOperation: 'checkout',
    errorCount: fails ? 2 : 0,
    nodes: [
      { ...node, id: 0, operation: 'checkout', errors: fails ? 1 : 0 },
      { ...node, id: 1, operation: 'store', errors: fails ? 1 : 0 },
    ],
    edges: [{ from: 0, to: 1, count: 1, type: 'child' }],
  });
});

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  await store(db, traces, 'TraceSummary', [
    // What replaced revisions, other tenants and traces without a root say is in no number.
    ...shop.map((each) => ({ ...each, shares: [share('wrong', 9000)] })),
    ...times(20, () => trace([share('foreign', 5000)], { tenant: 'other' })),
    ...times(20, () => trace([share('partial', 5000)], { partial: true })),
    ...load(T, 6),
    ...load(T - HOUR, 2),
    ...failing,
  ]);
  await store(db, traces, 'TraceSummary', [
    ...shop.map((each) => ({ ...each, revision: 2 })),
    ...shop.slice(0, 9),
  ]);
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

const ask = async (query: string) => {
  const { status, body } = await get(api, `/v1/attribution${query}`);
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
};

describe('slow traces against the others of the same time', () => {
  test('read so often: for the root, the threshold, the count, and both samples, whose shares come after', async () => {
    const [{ rows }] = await db.clickhouse.query<{ rows: string }>('SELECT count() AS rows FROM ati_traces');
    const url = '/v1/attribution?service=shop&agent=planner&operation=plan%20trip&slow=p90';
    expect(await rowsReadFor(db, url)).toBeLessThanOrEqual(6 * Number(rows));
  });

  test.each(['p90', '500'])(
    'slow=%s: the host is named, a person who was waited for is not',
    async (slow) => {
      const body = await ask(`?operation=plan trip&service=shop&slow=${slow}`);
      expect(body).toMatchObject({
        root: { service: 'shop', agent: 'planner', operation: 'plan trip' },
        ...{ others: [], baselineFrom: null, slow, refused: '', failures: [], rest: null },
        set: { traces: 10, sampled: 10, waitMs: 0 },
        baseline: { traces: 90, sampled: 90 },
        causes: [
          {
            ...{ kind: 'instance', operation: 'search', slowInstances: ['host-3'], traces: 10 },
            ...{ baselineTraces: 90, spansPerTrace: 1, confidence: 'high', isNew: false },
          },
          { operation: 'plan', confidence: 'low', text: expect.stringMatching(/It could be chance\.$/) },
        ],
        instances: [{ instance: 'host-3', causes: 1 }],
        waits: [{ operation: 'approve', type: 'idle' }],
      });
      const [cause] = body.causes;
      expect(cause.meanMs).toBeCloseTo(880, 6);
      expect(cause.share).toBeGreaterThan(0.99);
      expect(cause.exemplarTraceIds[0]).toBe(shop[98].traceId);
      expect(body.grownMs - body.shrunkMs).toBeCloseTo(body.extraMs, 6);
      expect(body.thresholdMs).toBe(slow === '500' ? 500 : 20 + (62 % 3) + 800 + 62);
    },
  );

  test('too few are refused, and it says what leaves enough', async () => {
    const body = await ask('?operation=plan trip&service=shop&slow=p99');
    expect(body).toMatchObject({ set: { traces: 1 }, causes: [], summary: body.refused });
    expect(body.refused).toBe(
      'Too few: 1 trace to explain, and 5 are needed. There are 100 in all: slow=p95 leaves enough.',
    );
  });

  test('no trace slow', async () => {
    const { refused } = await ask('?operation=plan trip&service=shop&slow=30000');
    expect(refused).toBe('Too few: 0 traces to explain, and 5 are needed.');
  });

  test('without names the root operation that took most time, and which others there are', async () => {
    const body = await ask('');
    expect(body.root.operation).toBe('plan trip');
    expect(body.others.map((each: Record<string, unknown>) => [each.operation, each.traces])).toEqual([
      ['batch', 40],
      ['checkout', 60],
    ]);
  });

  test('with limit 1 the others are one', async () => {
    const body = await ask('?operation=plan trip&service=shop&slow=p80&limit=1');
    expect(body.causes.length).toBe(1);
    expect(body.causes[0].share + (body.rest?.share ?? 0)).toBeCloseTo(1, 9);
  });
});

describe('against another time', () => {
  test('all are slower: more calls, and no host', async () => {
    const body = await ask(
      `?operation=batch&slow=all&from=${T - 1000}&to=${T + 1000}&baselineFrom=${T - HOUR}`,
    );
    expect(body).toMatchObject({
      ...{ baselineTo: new Date(T - 1000).toISOString(), thresholdMs: null, refused: '' },
      set: { traces: 40, meanMs: 192 },
      baseline: { traces: 40, meanMs: 64 },
      causes: [{ kind: 'operation', operation: 'rank', moreMs: 128, slowerMs: 0, share: 1 }],
    });
  });

  test('slow by what was usual then', async () => {
    const body = await ask(`?operation=batch&slow=p80&from=${T - 1000}&baselineFrom=${T - HOUR}`);
    expect(body).toMatchObject({ thresholdMs: 68, set: { traces: 40 }, baseline: { traces: 32 } });
  });

  test('with one end it is as long as the range', async () => {
    const body = await ask(`?operation=batch&from=${T - 1000}&to=${T + 1000}&baselineTo=${T - HOUR + 500}`);
    expect(body).toMatchObject({
      baselineFrom: new Date(T - HOUR - 1500).toISOString(),
      baseline: { traces: 32 },
    });
  });
});

describe('failing traces', () => {
  test('where the errors begin, and that they are not slower', async () => {
    const body = await ask('?operation=checkout&slow=failing');
    expect(body).toMatchObject({
      ...{ thresholdMs: null, set: { traces: 10 }, baseline: { traces: 50 }, causes: [] },
      refused: expect.stringMatching(/^Not slower/),
      failures: [
        { service: 'tools', operation: 'store', traces: 10, share: 1, errors: 10, failingInstance: '' },
      ],
    });
    expect(body.failures[0].instances.length).toBe(4);
  });
});

test('no trace', async () => {
  expect(await ask('?operation=none')).toMatchObject({
    ...{ root: null, others: [], causes: [], thresholdMs: null },
    refused: 'No closed trace with a root started in this range.',
  });
});

test.each([
  ['slow=p49', 'slow: must be p50 to p99.999, milliseconds, failing or all'],
  ['slow=all', 'slow: all needs a baseline of another time (baselineFrom, baselineTo)'],
  [`from=${T}&to=${T}`, 'from: must be before to'],
  [
    `from=${T}&to=${T + 1000}&baselineFrom=${T - 1000}&baselineTo=${T + 1}`,
    'baselineFrom: the baseline must not overlap the range; without one, the others are it',
  ],
  [
    `from=${T}&to=${T + 1000}&baselineFrom=${T + 500}`,
    'baselineFrom: must be before baselineTo, or before from without one',
  ],
  [`from=${T}&to=${T + 1000}&baselineFrom=0`, 'from: at most 31 days before to'],
])('%s', async (query, message) => {
  expect((await get(api, `/v1/attribution?${query}`)).body).toEqual({
    error: { code: 'bad_request', message },
  });
});
