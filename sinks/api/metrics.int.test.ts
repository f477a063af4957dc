import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OtlpMetric, OtlpNumberPoint } from '#schemas/otlp/write-metrics.ts';
import { telemetry } from '../projections/telemetry.ts';
import { hex, startDatabase, store, type TestDatabase } from '../testing.ts';
import { metricBatch } from '../testing-telemetry.ts';
import type { Api } from './deps.ts';
import type { MetricPoint, MetricSeries } from './metric-json.ts';
import { apiOver, get, NOW } from './testing.ts';

let db: TestDatabase;
let api: Api;

/** Ten minutes before the API's clock, at a full minute. */
const T = 1_699_999_980_000;
const nanos = (ms: number) => BigInt(ms) * 1_000_000n;
const at = (ms: number) => ({ timeUnixNano: nanos(ms) });
const gauge = (name: string, ...dataPoints: OtlpNumberPoint[]): OtlpMetric => ({
  name,
  unit: 'ms',
  description: `about ${name}`,
  gauge: { dataPoints },
});
const put = (...batches: ReturnType<typeof metricBatch>[]) => store(db, telemetry, 'MetricBatch', batches);

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

async function ok(url: string) {
  const { status, body } = await get(api, url);
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}
const points = async (query: string): Promise<MetricPoint[]> => (await ok(`/v1/metrics?${query}`)).points;
const series = async (query: string): Promise<MetricSeries[]> => (await ok(`/v1/metrics?${query}`)).series;

describe('points', () => {
  const common = {
    service: 'points',
    unit: 'ms',
    attributes: { pool: 'a' },
    resource: { 'service.name': 'points', 'host.name': 'box' },
    scope: { name: 'meter', version: '1.2' },
    series: expect.stringMatching(/^[0-9a-f]{16}$/),
    time: '2023-11-14T22:13:00.000Z',
    recorded: true,
  };
  const place = { ...at(T), attributes: { pool: 'a' } };
  const exemplars = [{ ...at(T), asInt: 7n, traceId: hex(3, 32), spanId: hex(4, 16) }];
  const exemplarJson = {
    time: '2023-11-14T22:13:00.000Z',
    timeUnixNano: String(nanos(T)),
    value: 7,
    traceId: hex(3, 32),
    spanId: hex(4, 16),
    attributes: {},
  };

  beforeAll(async () => {
    const batch = metricBatch(
      [
        gauge('g', { ...place, asDouble: 0.5, exemplars }),
        {
          name: 's',
          unit: 'ms',
          sum: {
            dataPoints: [
              { ...place, timeUnixNano: nanos(T) + 1n, startTimeUnixNano: nanos(T - 1000), asInt: 9n },
            ],
            aggregationTemporality: 2,
            isMonotonic: true,
          },
        },
        {
          name: 'h',
          unit: 'ms',
          histogram: {
            dataPoints: [
              {
                ...place,
                timeUnixNano: nanos(T) + 2n,
                count: 2n ** 60n,
                sum: 3,
                bucketCounts: [2n, 2n ** 60n - 2n],
                explicitBounds: [5],
                max: 4,
              },
            ],
            aggregationTemporality: 1,
          },
        },
        {
          name: 'e',
          unit: 'ms',
          exponentialHistogram: {
            dataPoints: [
              {
                ...place,
                timeUnixNano: nanos(T) + 3n,
                count: 6n,
                sum: -2,
                scale: 1,
                zeroCount: 1n,
                positive: { offset: 2, bucketCounts: [2n] },
                negative: { offset: -3, bucketCounts: [1n, 2n] },
                zeroThreshold: 0.5,
              },
            ],
          },
        },
        {
          name: 'q',
          unit: 'ms',
          summary: {
            dataPoints: [
              {
                ...place,
                timeUnixNano: nanos(T) + 4n,
                count: 2n,
                sum: 5,
                quantileValues: [{ quantile: 0.99, value: Number.NaN }],
              },
            ],
          },
        },
      ],
      { service: 'points' },
    );
    // Twice, as after a crash, and of another tenant.
    await put(batch);
    await put(batch, { ...batch, tenant: 'other' });
  });

  test('of all five types, newest first, each once', async () => {
    const found = await points('service=points');
    expect(found.map(({ type, name, timeUnixNano }) => [type, name, timeUnixNano])).toEqual([
      ['summary', 'q', String(nanos(T) + 4n)],
      ['exponential_histogram', 'e', String(nanos(T) + 3n)],
      ['histogram', 'h', String(nanos(T) + 2n)],
      ['sum', 's', String(nanos(T) + 1n)],
      ['gauge', 'g', String(nanos(T))],
    ]);
  });

  test.each<[string, object]>([
    [
      'gauge',
      {
        ...{ name: 'g', description: 'about g', startTime: null, timeUnixNano: String(nanos(T)) },
        ...{ value: 0.5, exemplars: [exemplarJson] },
      },
    ],
    [
      'sum',
      {
        ...{ name: 's', description: '', startTime: '2023-11-14T22:12:59.000Z' },
        ...{ timeUnixNano: String(nanos(T) + 1n), value: 9, temporality: 'cumulative', monotonic: true },
        exemplars: [],
      },
    ],
    [
      'histogram',
      {
        ...{ name: 'h', description: '', startTime: null, timeUnixNano: String(nanos(T) + 2n) },
        ...{ temporality: 'delta', count: '1152921504606846976', sum: 3, min: null, max: 4 },
        ...{ bucketCounts: [2, '1152921504606846974'], explicitBounds: [5], exemplars: [] },
      },
    ],
    [
      'exponential_histogram',
      {
        ...{ name: 'e', description: '', startTime: null, timeUnixNano: String(nanos(T) + 3n) },
        ...{ temporality: 'unspecified', count: 6, sum: -2, min: null, max: null, exemplars: [] },
        ...{ scale: 1, zeroCount: 1, zeroThreshold: 0.5 },
        positive: { offset: 2, bucketCounts: [2] },
        negative: { offset: -3, bucketCounts: [1, 2] },
      },
    ],
    [
      'summary',
      {
        ...{ name: 'q', description: '', startTime: null, timeUnixNano: String(nanos(T) + 4n) },
        ...{ count: 2, sum: 5, quantiles: [{ quantile: 0.99, value: 'NaN' }] },
      },
    ],
  ])('%s, every field', async (type, expected) => {
    expect(await points(`service=points&type=${type}`)).toEqual([{ type, ...common, ...expected }]);
  });

  test.each([
    ['service=nobody', 0],
    ['service=points&name=g', 1],
    ['service=points&name=g&type=sum', 0],
    [`service=points&from=${T}&to=${T + 1}`, 5],
    [`service=points&from=${T + 1}&to=${NOW}`, 0],
    [`service=points&to=${T}`, 0],
  ])('%s: %i', async (query, count) => {
    expect((await points(query)).length).toBe(count);
  });

  test('what JSON has no number for is a word; what was not recorded is null', async () => {
    await put(
      metricBatch([
        gauge(
          'special',
          { ...at(T), asDouble: Number.NaN },
          { ...at(T + 1), asDouble: Number.POSITIVE_INFINITY },
          { ...at(T + 2), asDouble: Number.NEGATIVE_INFINITY },
          { ...at(T + 3), flags: 1 },
          { ...at(T + 4), asInt: 2n ** 63n - 1n },
        ),
      ]),
    );
    const found = await points('name=special');
    expect(found.map((point) => 'value' in point && [point.value, point.recorded])).toEqual([
      [2 ** 63, true],
      [null, false],
      ['-Infinity', true],
      ['Infinity', true],
      ['NaN', true],
    ]);
  });

  test('pages, through types and through equal times', async () => {
    const metric = (name: string, ...pools: string[]) =>
      gauge(name, ...pools.map((pool) => ({ ...at(T), attributes: { pool }, asInt: 1n })));
    const starts = [0n, 1n, nanos(T)].map((startTimeUnixNano) => ({
      ...at(T),
      startTimeUnixNano,
      asInt: 1n,
    }));
    await put(
      metricBatch(
        [
          metric('p', 'a', 'b', 'c', 'd'),
          { name: 'p', sum: { dataPoints: starts } },
          gauge('p', { ...at(T + 1), asInt: 1n }, { ...at(T - 1), asInt: 1n }),
        ],
        { service: 'pages' },
      ),
    );
    const all = await points('service=pages');
    expect(all.length).toBe(9);
    for (const limit of [1, 2, 4, 8]) {
      const paged: MetricPoint[] = [];
      for (let cursor = ''; ; ) {
        const page = await ok(`/v1/metrics?service=pages&limit=${limit}${cursor}`);
        paged.push(...page.points);
        if (page.next === null) break;
        expect(page.points.length).toBe(limit);
        cursor = `&cursor=${page.next}`;
      }
      expect(paged).toEqual(all);
    }
  });

  test('the last hour unless told otherwise, or an hour from `from`', async () => {
    await put(
      metricBatch([
        gauge('old', { ...at(NOW - 3_600_001), asInt: 1n }, { ...at(NOW - 3_600_000), asInt: 2n }),
      ]),
    );
    const { from, to, points: found } = await ok('/v1/metrics?name=old');
    expect([from, to, found.length]).toEqual(['2023-11-14T21:23:20.000Z', '2023-11-14T22:23:20.000Z', 1]);
    expect((await points(`name=old&from=${NOW - 3_600_001}`)).length).toBe(2);
    expect((await points('name=old&from=0')).length).toBe(0);
  });
});

describe('in buckets of time', () => {
  const window = `from=${T}&to=${T + 120_000}&step=60`;

  test('gauges: avg, min, max, last of what is recorded and finite, by attributes', async () => {
    const batch = metricBatch(
      [
        gauge(
          'load',
          { ...at(T + 1), asDouble: 4 },
          { ...at(T), asDouble: 2 },
          { ...at(T + 2), asDouble: Number.NaN },
          { ...at(T + 3), flags: 1 },
          { ...at(T + 60_000), asInt: -1n },
          { ...at(T - 1), asInt: 100n },
          { ...at(T + 120_000), asInt: 100n },
          { ...at(T), attributes: { pool: 'a', zone: 'z' }, asInt: 7n },
        ),
      ],
      { service: 'steps' },
    );
    const reordered = metricBatch(
      [gauge('load', { ...at(T + 5), attributes: { zone: 'z', pool: 'a' }, asInt: 9n })],
      { service: 'steps' },
    );
    await put(batch, reordered);
    await put(batch);
    const head = { type: 'gauge', service: 'steps', name: 'load', unit: 'ms' };
    const bucket = { start: '2023-11-14T22:13:00.000Z', startMs: T, points: 2, increase: null };
    expect(await ok(`/v1/metrics?service=steps&${window}`)).toEqual({
      from: '2023-11-14T22:13:00.000Z',
      to: '2023-11-14T22:15:00.000Z',
      step: 60,
      truncated: false,
      series: [
        {
          ...head,
          attributes: {},
          buckets: [
            { ...bucket, avg: 3, min: 2, max: 4, last: 4 },
            {
              ...{ start: '2023-11-14T22:14:00.000Z', startMs: T + 60_000, points: 1, increase: null },
              ...{ avg: -1, min: -1, max: -1, last: -1 },
            },
          ],
        },
        {
          ...head,
          attributes: { pool: 'a', zone: 'z' },
          buckets: [{ ...bucket, avg: 8, min: 7, max: 9, last: 9 }],
        },
      ],
    });
  });

  /** A cumulative counter, sampled every 30 s from a minute before the range. */
  const counter = (values: readonly number[], startOf: (i: number) => number = () => T - 600_000) =>
    values.map((value, i) => ({
      ...at(T - 60_000 + i * 30_000),
      startTimeUnixNano: nanos(startOf(i)),
      asInt: BigInt(value),
    }));
  const increases = async (name: string) => {
    const [found] = await series(`name=${name}&${window}`);
    return found.buckets.map((bucket) => ('increase' in bucket ? bucket.increase : undefined));
  };
  const sum = (name: string, dataPoints: OtlpNumberPoint[], more = {}): OtlpMetric => ({
    name,
    sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true, ...more },
  });

  test('cumulative sums: the increase goes on from before the range', async () => {
    await put(metricBatch([sum('requests', counter([100, 110, 115, 120, 150, 151]))]));
    expect(await increases('requests')).toEqual([10, 31]);
  });

  test('after a restart all of it counts, whether the start says so or only the value', async () => {
    await put(
      metricBatch([
        sum(
          'restarted',
          counter([100, 110, 3, 5, 6, 8], (i) => (i < 2 ? T - 600_000 : T - 20_000)),
        ),
        sum('fell', counter([100, 110, 3, 5, 6, 8])),
        // Greater than before, but since another start.
        sum(
          'overtook',
          counter([1, 2, 50, 50, 50, 50], (i) => (i < 2 ? T - 600_000 : T - 20_000)),
        ),
      ]),
    );
    expect(await increases('restarted')).toEqual([5, 3]);
    expect(await increases('fell')).toEqual([5, 3]);
    expect(await increases('overtook')).toEqual([50, 0]);
  });

  test('the first point that is known counts only if its series began with it', async () => {
    const first = (start: number) => [{ ...at(T + 1), startTimeUnixNano: nanos(start), asInt: 40n }];
    await put(metricBatch([sum('began', first(T - 1000)), sum('long', first(T - 600_000))]));
    expect(await increases('began')).toEqual([40]);
    expect(await increases('long')).toEqual([0]);
  });

  test('deltas are added up; a sum that also falls has no increase', async () => {
    await put(
      metricBatch([
        sum('deltas', counter([100, 110, 3, 5, 6, 8]), { aggregationTemporality: 1 }),
        sum('queue', counter([100, 110, 3, 5, 6, 8]), { isMonotonic: false }),
      ]),
    );
    expect(await increases('deltas')).toEqual([8, 14]);
    expect(await increases('queue')).toEqual([null, null]);
  });

  test('two instances of a service are one line: their increases are added', async () => {
    const dataPoints = counter([0, 10, 20, 30, 40, 50]);
    await put(metricBatch([sum('instances', dataPoints)]));
    const batch = metricBatch([sum('instances', dataPoints)]);
    const text = Buffer.from(batch.otlp).toString('latin1').replaceAll('box', 'bex');
    await put({ ...batch, otlp: Buffer.from(text, 'latin1') });
    expect((await series(`name=instances&${window}`)).length).toBe(1);
    expect(await increases('instances')).toEqual([40, 40]);
  });

  const distribution = (name: string, counts: readonly number[], more = {}): OtlpMetric => ({
    name,
    histogram: {
      dataPoints: counts.map((count, i) => ({
        ...at(T - 60_000 + i * 30_000),
        startTimeUnixNano: nanos(T - 600_000),
        count: BigInt(count),
        sum: count * 2,
        ...more,
      })),
      aggregationTemporality: 2,
    },
  });
  const measured = async (name: string) => {
    const [found] = await series(`name=${name}&${window}`);
    return found.buckets.map((bucket) => ('count' in bucket ? [bucket.count, bucket.sum, bucket.avg] : []));
  };

  test('histograms: count, sum and average of what each bucket measured, once however often delivered', async () => {
    const batch = metricBatch([
      distribution('latency', [1, 2, 3, 7, 7, 7]),
      distribution('unsummed', [1, 2, 3, 7, 8, 9], { sum: undefined }),
      {
        name: 'exponential',
        exponentialHistogram: {
          dataPoints: [
            { ...at(T), count: 3n, sum: -6 },
            { ...at(T + 1), count: 2n, sum: -6 },
          ],
          aggregationTemporality: 1,
        },
      },
      {
        name: 'prometheus',
        summary: {
          dataPoints: [
            { ...at(T - 1), count: 3n, sum: 6 },
            { ...at(T + 1), count: 2n ** 60n, sum: 10 },
          ],
        },
      },
    ]);
    await put(batch);
    await put(batch);
    expect(await measured('latency')).toEqual([
      [5, 10, 2],
      [0, 0, null],
    ]);
    expect(await measured('unsummed')).toEqual([
      [5, null, null],
      [2, null, null],
    ]);
    expect(await measured('exponential')).toEqual([[5, -12, -2.4]]);
    expect(await measured('prometheus')).toEqual([['1152921504606846973', 4, 4 / 2 ** 60]]);
  });

  test('at most `limit` series, and says when there are more', async () => {
    const pools = ['a', 'b', 'c'].map((pool) => ({ ...at(T), attributes: { pool }, asInt: 1n }));
    await put(metricBatch([gauge('many', ...pools), { name: 'many', sum: { dataPoints: pools } }]));
    for (const [limit, count, truncated] of [
      [2, 2, true],
      [5, 5, true],
      [6, 6, false],
    ]) {
      const body = await ok(`/v1/metrics?name=many&${window}&limit=${limit}`);
      expect([body.series.length, body.truncated]).toEqual([count, truncated]);
    }
  });
});

describe('names', () => {
  test('type, unit, services, last seen; of the last hour', async () => {
    await put(
      metricBatch(
        [gauge('n.depth', { ...at(T), asInt: 1n }, { ...at(T + 5), attributes: { a: 1 }, asInt: 1n })],
        {
          service: 'n.one',
        },
      ),
      metricBatch([gauge('n.depth', { ...at(T + 1), asInt: 1n })], { service: 'n.two' }),
      metricBatch([{ name: 'n.depth', sum: { dataPoints: [at(T)] } }], { service: 'n.one' }),
      metricBatch([gauge('n.gone', { ...at(NOW - 3_600_001), asInt: 1n })], { service: 'n.one' }),
      metricBatch([gauge('n.foreign', { ...at(T), asInt: 1n })], { service: 'n.one', tenant: 'other' }),
    );
    const depth = {
      ...{ name: 'n.depth', type: 'gauge', unit: 'ms', description: 'about n.depth' },
      lastSeen: '2023-11-14T22:13:00.005Z',
    };
    const sum = {
      ...{ name: 'n.depth', type: 'sum', unit: '', description: '' },
      ...{ services: ['n.one'], series: 1, lastSeen: '2023-11-14T22:13:00.000Z' },
    };
    expect((await ok('/v1/metrics/names?service=n.one')).metrics).toEqual([
      { ...depth, services: ['n.one'], series: 2 },
      sum,
    ]);
    const all = (await ok('/v1/metrics/names')).metrics.filter(({ name }: { name: string }) =>
      name.startsWith('n.'),
    );
    expect(all).toEqual([{ ...depth, services: ['n.one', 'n.two'], series: 3 }, sum]);
    expect((await ok('/v1/metrics/names?service=n.one&type=sum')).metrics).toEqual([sum]);
    expect(await ok('/v1/metrics/names?service=n.one&limit=1')).toMatchObject({
      metrics: [{ type: 'gauge' }],
      truncated: true,
    });
  });
});

test.each([
  ['?type=counter', 'type: '],
  ['?step=0', 'step: '],
  ['?step=1.5', 'step: must be a whole number'],
  [`?from=${T}&to=${T}`, 'from: must be before to'],
  [`?from=0&to=${T}&step=60`, 'from: at most 31 days before to'],
  ['?step=1', 'step: more than 1000 buckets'],
  ['?step=60&cursor=x', 'cursor: not with step'],
  ['?cursor=x', 'cursor: is not one that this list has given'],
  [`/names?from=0&to=${T}`, 'from: at most 31 days before to'],
  ['/names?limit=0', 'limit: '],
])('/v1/metrics%s: %s', async (query, message) => {
  const { status, body } = await get(api, `/v1/metrics${query}`);
  expect([status, body.error.code]).toEqual([400, 'bad_request']);
  expect(body.error.message).toContain(message);
});
