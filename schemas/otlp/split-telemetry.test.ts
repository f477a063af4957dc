import { describe, expect, test } from 'vitest';
import { createAllowlist } from './allowlist.ts';
import { Metric, MetricPoints, NumberDataPoint } from './metric-fields.ts';
import { splitLogs } from './split-logs.ts';
import { splitMetrics } from './split-metrics.ts';
import type { TelemetryOptions, TelemetrySplit } from './split-telemetry.ts';
import { readLogs, readMetrics } from './testing-read.ts';
import type { Failure } from './wire.ts';
import { ProtoWriter } from './write.ts';
import { encodeLogs, type OtlpLogRecord } from './write-logs.ts';
import {
  encodeMetrics,
  type OtlpMetric,
  type OtlpNumberPoint,
  type OtlpResourceMetrics,
} from './write-metrics.ts';

const options: TelemetryOptions = {
  allowlist: createAllowlist(),
  maxItems: 1000,
  maxAttributesPerSpan: 128,
  maxNesting: 4,
  maxPartBytes: 512 << 10,
  allowBodies: false,
  hash: (value) => Buffer.from(value).toString('hex').padEnd(64, '0'),
};
const point: OtlpNumberPoint = { timeUnixNano: 5n, asInt: 7n, attributes: { 'ati.role': 'tool' } };
const gauge = (...dataPoints: OtlpNumberPoint[]): OtlpMetric => ({
  name: 'queue.length',
  unit: '{request}',
  gauge: { dataPoints },
});
const metricsOf = (service: string | undefined, ...metrics: OtlpMetric[]): OtlpResourceMetrics => ({
  resource: { attributes: service === undefined ? [] : [['service.name', service]] },
  scopeMetrics: [{ scope: { name: 'lib' }, metrics }],
});
const body = (...metrics: OtlpMetric[]) =>
  encodeMetrics({ resourceMetrics: [metricsOf('agents', ...metrics)] });
const logBody = (...logRecords: OtlpLogRecord[]) =>
  encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });

function must(result: TelemetrySplit | Failure): TelemetrySplit {
  if (!result.ok) throw new Error(result.reason);
  return result;
}
const split = (otlp: Uint8Array, changes: Partial<TelemetryOptions> = {}) =>
  must(splitMetrics(otlp, { ...options, ...changes }));
const metricsIn = (result: TelemetrySplit) =>
  result.parts.flatMap(({ otlp }) =>
    readMetrics(otlp).resourceMetrics.flatMap(({ scopeMetrics = [] }) =>
      scopeMetrics.flatMap(({ metrics = [] }) => metrics),
    ),
  );
const pointsIn = (result: TelemetrySplit) => metricsIn(result).map(({ gauge: of }) => of?.dataPoints?.length);
const logs = (record: OtlpLogRecord, changes: Partial<TelemetryOptions> = {}) => {
  const result = must(splitLogs(logBody(record), { ...options, ...changes }));
  const [{ scopeLogs = [] }] = readLogs(result.parts[0].otlp).resourceLogs;
  return { record: scopeLogs[0].logRecords?.[0], dropped: result.dropped };
};

describe('services', () => {
  test('a part for each, though its resources stand apart; those that name none are one', () => {
    const otlp = encodeMetrics({
      resourceMetrics: ['agents', 'tools', undefined, 'agents', ''].map((name) =>
        metricsOf(name, gauge(point)),
      ),
    });
    const { parts, accepted } = split(otlp);
    expect(accepted).toBe(5);
    expect(parts.map(({ service, count }) => [service, count])).toEqual([
      ['agents', 2],
      ['tools', 1],
      ['unknown_service', 2],
    ]);
  });

  test('a name that does not pass the allowlist names no service', () => {
    const otlp = encodeMetrics({ resourceMetrics: [metricsOf('two\nlines', gauge(point))] });
    expect(split(otlp).parts[0].service).toBe('unknown_service');
  });

  test('nothing without an item: empty bodies, resources, scopes, metrics, data', () => {
    for (const otlp of [
      new Uint8Array(0),
      encodeMetrics({ resourceMetrics: [{}, { scopeMetrics: [{}] }] }),
      body({ name: 'no data' }, gauge(), { summary: {} }),
    ])
      expect(split(otlp)).toMatchObject({ parts: [], accepted: 0, rejected: 0 });
    expect(must(splitLogs(new Uint8Array(0), options)).parts).toEqual([]);
  });
});

describe('limits', () => {
  test('more items than allowed refuse the body; exactly as many pass', () => {
    const three = body(gauge(point, point), gauge(point));
    expect(split(three, { maxItems: 3 }).accepted).toBe(3);
    expect(splitMetrics(three, { ...options, maxItems: 2 })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^more than 2 data points at byte/),
    });
    expect(splitLogs(logBody({}, {}), { ...options, maxItems: 1 })).toMatchObject({
      reason: expect.stringMatching(/^more than 1 log records at byte/),
    });
  });

  test('one metric with too many points is cut by points, its name and kind in each part', () => {
    const otlp = body({ ...gauge(...Array.from({ length: 100 }, () => point)) }, gauge(point));
    const result = split(otlp, { maxPartBytes: 1000 });
    expect(result).toMatchObject({ accepted: 101, rejected: 0 });
    expect(result.parts.length).toBeGreaterThan(4);
    for (const part of result.parts) expect(part.otlp.length).toBeLessThanOrEqual(1000);
    const counts = pointsIn(result);
    expect(counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(101);
    for (const metric of metricsIn(result))
      expect(metric).toMatchObject({ name: 'queue.length', unit: '{request}', gauge: expect.anything() });
  });

  test('exactly as large as a part may be: one part; a byte less: two', () => {
    const otlp = body(gauge(...Array.from({ length: 20 }, () => point)));
    const size = split(otlp).parts[0].otlp.length;
    // What a length takes is reckoned at its greatest: five bytes.
    expect(split(otlp, { maxPartBytes: size + 5 }).parts).toHaveLength(1);
    expect(split(otlp, { maxPartBytes: size - 1 }).parts.map(({ count }) => count)).toEqual([19, 1]);
  });

  test('a point that fits nowhere is rejected alone, with its reason', () => {
    const large: OtlpNumberPoint = {
      ...point,
      attributes: { 'ati.stream.token_offsets_ms': Array.from({ length: 500 }, (_, i) => i * 50) },
    };
    const result = split(body(gauge(point, large, point)), { maxPartBytes: 1000 });
    expect(result).toMatchObject({
      accepted: 2,
      rejected: 1,
      rejectedReason: 'larger than 1000 bytes with what encloses it (1 data point)',
    });
    expect(pointsIn(result)).toEqual([2]);
  });

  test('a resource of more than half a part is not repeated over and over: its points are rejected', () => {
    const attributes = Object.fromEntries(
      ['service.name', 'host.name', 'os.type'].map((key) => [key, 'x'.repeat(200)]),
    );
    const otlp = encodeMetrics({
      resourceMetrics: [
        {
          resource: { attributes },
          scopeMetrics: [{ metrics: [gauge(...Array.from({ length: 50 }, () => point))] }],
        },
      ],
    });
    expect(split(otlp, { maxPartBytes: 1000 })).toMatchObject({ parts: [], rejected: 50 });
    expect(split(otlp, { maxPartBytes: 2000 })).toMatchObject({ accepted: 50, rejected: 0 });
  });

  test('attributes above the limit are dropped, of each point by itself', () => {
    const many = { ...point, attributes: { 'ati.role': 'tool', 'http.method': 'GET', 'db.system': 'redis' } };
    const result = split(body(gauge(many, many)), { maxAttributesPerSpan: 2 });
    expect(result.dropped.attributes).toBe(2);
    const [metric] = metricsIn(result);
    expect(metric.gauge?.dataPoints?.map(({ attributes }) => attributes)).toEqual(
      Array(2).fill([
        ['ati.role', 'tool'],
        ['http.method', 'GET'],
      ]),
    );
  });
});

describe('metrics', () => {
  test('a point without a time is rejected alone', () => {
    const result = split(body(gauge(point, { asInt: 1n }, { timeUnixNano: 0n }, point)));
    expect(result).toMatchObject({ accepted: 2, rejected: 2, rejectedReason: 'no time (2 data points)' });
  });

  test('names are hashed, units and descriptions dropped, each counted', () => {
    const { dropped, parts } = split(
      body({ ...gauge(point), name: `two\nlines`, unit: 'tokens of Mr Smith', description: 'for people' }),
    );
    expect(dropped).toMatchObject({ names: 1, texts: 1, descriptions: 1 });
    const [{ name, unit, description }] = metricsIn({ parts } as TelemetrySplit);
    expect([name, unit, description]).toEqual([expect.stringMatching(/^hashed:/), undefined, undefined]);
    const whole = split(body({ ...gauge(point), name: 'n'.repeat(128), unit: 'By/s' }));
    expect(whole.dropped).toMatchObject({ names: 0, texts: 0, descriptions: 0 });
    expect(split(body({ ...gauge(point), name: 'n'.repeat(129) })).dropped.names).toBe(1);
  });

  test('of two kinds of data in one metric the last counts, as in a oneof; of one kind in two pieces, both', () => {
    const two = split(body({ ...gauge(point), sum: { dataPoints: [point, point] } }));
    expect(two).toMatchObject({ accepted: 2, dropped: { unknownFields: 1 } });
    expect(metricsIn(two)[0]).toMatchObject({ sum: { dataPoints: [{}, {}] } });
    expect(metricsIn(two)[0].gauge).toBeUndefined();

    const w = new ProtoWriter();
    const piece = (write: () => void) => w.message(Metric.sum, write);
    const oneOf = () => w.message(MetricPoints.dataPoints, () => w.fixed64(NumberDataPoint.timeUnixNano, 3n));
    w.message(0x0a, () =>
      w.message(0x12, () =>
        w.message(0x12, () => {
          piece(oneOf);
          piece(() => w.varint(MetricPoints.aggregationTemporality, 2).varint(MetricPoints.isMonotonic, 1));
          piece(oneOf);
        }),
      ),
    );
    const pieces = split(w.finish());
    expect(pieces.accepted).toBe(2);
    expect(metricsIn(pieces)).toEqual([
      {
        sum: {
          aggregationTemporality: 2,
          isMonotonic: true,
          dataPoints: [{ timeUnixNano: 3n }, { timeUnixNano: 3n }],
        },
      },
    ]);
  });

  test('numbers that are not packed are kept, packed ones of a broken length are malformed', () => {
    const histogram = (write: (w: ProtoWriter) => void) => {
      const w = new ProtoWriter();
      const nest = (tags: number[], inner: () => void): void =>
        tags.length === 0 ? inner() : void w.message(tags[0], () => nest(tags.slice(1), inner));
      nest([0x0a, 0x12, 0x12, Metric.histogram, MetricPoints.dataPoints], () => {
        w.fixed64(0x19, 1n);
        write(w);
      });
      return splitMetrics(w.finish(), options);
    };
    const single = must(histogram((w) => w.fixed64(0x31, 3n).fixed64(0x31, 4n).double(0x39, 0.5)));
    expect(single.dropped.unknownFields).toBe(0);
    expect(Buffer.from(single.parts[0].otlp).includes(Buffer.from([0x31, 4, 0, 0, 0, 0, 0, 0, 0]))).toBe(
      true,
    );
    expect(must(histogram((w) => w.bytes(0x32, new Uint8Array(16)))).accepted).toBe(1);
    expect(histogram((w) => w.bytes(0x32, new Uint8Array(15)))).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^truncated value at byte/),
    });
    expect(must(histogram((w) => w.string(0x22, 'text where a number belongs'))).dropped.unknownFields).toBe(
      1,
    );
  });

  test('malformed framing refuses the body', () => {
    const otlp = body(gauge(point));
    for (const bytes of [
      otlp.subarray(0, otlp.length - 1),
      Uint8Array.from([0x0a, 0x7f]),
      Buffer.from('text'),
    ])
      expect(splitMetrics(bytes, options)).toMatchObject({ ok: false });
  });
});

describe('log records', () => {
  test('a record of which nothing is left is still one', () => {
    const { record, dropped } = logs({
      body: 'what was said',
      severityText: 'as I see it',
      attributes: { me: 'x' },
    });
    expect(record).toEqual({});
    expect(dropped).toMatchObject({ bodies: 1, texts: 1, attributes: 1 });
    expect(must(splitLogs(logBody({}), options))).toMatchObject({ accepted: 1, parts: [{ count: 1 }] });
  });

  test('bodies only where they are allowed, of any type', () => {
    for (const text of ['one', { kvlist: [['a', ['b', 3]]] as const }, 4]) {
      expect(logs({ body: text }).record?.body).toBeUndefined();
      const { record, dropped } = logs({ body: text }, { allowBodies: true });
      expect(record?.body).toEqual(text);
      expect(dropped.bodies).toBe(0);
    }
  });

  test('bodies nested too deep are malformed, whether they are kept or not', () => {
    for (const allowBodies of [true, false]) {
      expect(splitLogs(logBody({ body: [[[['deep']]]] }), { ...options, allowBodies })).toMatchObject({
        ok: true,
      });
      expect(splitLogs(logBody({ body: [[[[['deep']]]]] }), { ...options, allowBodies })).toMatchObject({
        reason: expect.stringMatching(/^attribute nested too deep/),
      });
    }
  });

  test('ids that are none are dropped, the record stays', () => {
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    expect(logs({ traceId, spanId })).toMatchObject({ record: { traceId, spanId }, dropped: { ids: 0 } });
    const wrong = logs({ traceId: spanId, spanId: traceId, severityNumber: 9 });
    expect(wrong).toMatchObject({ record: { severityNumber: 9 }, dropped: { ids: 2 } });
    expect(Object.keys(wrong.record ?? {})).toEqual(['severityNumber']);
    expect(logs({ traceId: new Uint8Array(16), spanId: new Uint8Array(8) }).dropped.ids).toBe(2);
  });

  test('severity texts are codes, event names are names', () => {
    expect(logs({ severityText: 'WARN2', eventName: 'gen_ai.choice of a tool' }).record).toEqual({
      severityText: 'WARN2',
      eventName: 'gen_ai.choice of a tool',
    });
    expect(logs({ eventName: 'x\ny' })).toMatchObject({
      record: { eventName: expect.stringMatching(/^hashed:/) },
      dropped: { names: 1 },
    });
  });
});
