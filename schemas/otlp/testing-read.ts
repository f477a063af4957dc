/** For tests: OTLP metrics and logs back into the objects that the writers take; a reader of its own, by descriptors. */
import { AnyValue, KeyValue, Resource, Scope, VALUES } from './fields.ts';
import { LogRecord } from './log-fields.ts';
import * as m from './metric-fields.ts';
import { double, hex, int64, lengthEnd, next, skip, tag, text, uint64, varint } from './wire.ts';
import type { OtlpAttributes, OtlpValue } from './write-fields.ts';
import type { OtlpLogs } from './write-logs.ts';
import type { OtlpMetrics } from './write-metrics.ts';

type Read = (b: Uint8Array, p: number, end: number) => unknown;
/** One field by its tag: its name, how its value is read, whether it is a list. */
type Field = readonly [name: string, read: Read, list?: 'list' | 'packed'];
type Message = Readonly<Record<number, Field>>;

const within =
  (read: (b: Uint8Array, from: number, end: number) => unknown): Read =>
  (b, p, end) => {
    const e = lengthEnd(b, p, end);
    return read(b, next, e);
  };
const string = within(text);
const bytes = within(hex);
const number: Read = (b, p, end) => varint(b, p, end);
const big: Read = (b, p, end) => BigInt.asUintN(64, BigInt(int64(b, p, end)));
const zigzag: Read = (b, p, end) => {
  const value = varint(b, p, end);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
};
const flag: Read = (b, p, end) => varint(b, p, end) !== 0;
const float: Read = (b, p) => double(b, p);
const fixed: Read = (b, p) => uint64(b, p);
const signed: Read = (b, p) => BigInt.asIntN(64, uint64(b, p));
const flags32: Read = (b, p) => Number(uint64(Buffer.concat([b.subarray(p, p + 4), Buffer.alloc(4)]), 0));

const message = (fields: Message): Read =>
  within((b, from, end) => {
    const out: Record<string, unknown> = {};
    for (let p = from; p < end; ) {
      const found = tag(b, p, end);
      const start = next;
      p = skip(b, start, end, found);
      const field = fields[found];
      if (field === undefined) throw new Error(`a field ${found >> 3} that should not be there`);
      const [name, read, list] = field;
      if (list === 'packed') out[name] = packed(b, start, p, read);
      else if (list === 'list') out[name] = [...((out[name] as unknown[]) ?? []), read(b, start, p)];
      else out[name] = read(b, start, p);
    }
    return out;
  });

function packed(b: Uint8Array, p: number, end: number, read: Read): unknown[] {
  const values: unknown[] = [];
  lengthEnd(b, p, end);
  for (let at = next; at < end; ) {
    values.push(read(b, at, end));
    at = read === float || read === fixed ? at + 8 : next;
  }
  return values;
}
const value: Read = within((b, from, end): OtlpValue => {
  if (from === end) return null;
  const found = tag(b, from, end);
  const p = next;
  switch (found) {
    case AnyValue.string:
      return string(b, p, end) as string;
    case AnyValue.bool:
      return varint(b, p, end) !== 0;
    case AnyValue.int:
      return int64(b, p, end);
    case AnyValue.double:
      return { double: double(b, p) };
    case AnyValue.array:
      return ((message({ [VALUES]: ['values', value, 'list'] })(b, p, end) as { values?: OtlpValue[] })
        .values ?? []) as readonly OtlpValue[];
    case AnyValue.kvlist:
      return {
        kvlist:
          (message({ [VALUES]: ['values', pair, 'list'] })(b, p, end) as { values?: OtlpAttributes })
            .values ?? [],
      };
    default:
      return Buffer.from(bytes(b, p, end) as string, 'hex');
  }
});
const pair: Read = (b, p, end) => {
  const { key = '', value: of = null } = message({
    [KeyValue.key]: ['key', string],
    [KeyValue.value]: ['value', value],
  })(b, p, end) as { key?: string; value?: OtlpValue };
  return [key, of] as const;
};
const attributes = ['attributes', pair, 'list'] as const;
const times: Message = {
  [m.DataPoint.startTimeUnixNano]: ['startTimeUnixNano', fixed],
  [m.DataPoint.timeUnixNano]: ['timeUnixNano', fixed],
};
const exemplars: Field = [
  'exemplars',
  message({
    [m.Exemplar.timeUnixNano]: ['timeUnixNano', fixed],
    [m.Exemplar.asDouble]: ['asDouble', float],
    [m.Exemplar.spanId]: ['spanId', bytes],
    [m.Exemplar.traceId]: ['traceId', bytes],
    [m.Exemplar.asInt]: ['asInt', signed],
    [m.Exemplar.filteredAttributes]: ['filteredAttributes', pair, 'list'],
  }),
  'list',
];
const data = (point: Message) =>
  message({
    [m.MetricPoints.dataPoints]: ['dataPoints', message({ ...times, ...point }), 'list'],
    [m.MetricPoints.aggregationTemporality]: ['aggregationTemporality', number],
    [m.MetricPoints.isMonotonic]: ['isMonotonic', flag],
  });
const N = m.NumberDataPoint;
const numbers = data({
  [N.asDouble]: ['asDouble', float],
  [N.exemplars]: exemplars,
  [N.asInt]: ['asInt', signed],
  [N.attributes]: attributes,
  [N.flags]: ['flags', number],
});
const H = m.HistogramDataPoint;
const E = m.ExponentialHistogramDataPoint;
const S = m.SummaryDataPoint;
const buckets = message({
  [m.Buckets.offset]: ['offset', zigzag],
  [m.Buckets.bucketCounts]: ['bucketCounts', big, 'packed'],
});
const quantile = message({
  [m.ValueAtQuantile.quantile]: ['quantile', float],
  [m.ValueAtQuantile.value]: ['value', float],
});
const metric = message({
  [m.Metric.name]: ['name', string],
  [m.Metric.unit]: ['unit', string],
  [m.Metric.metadata]: ['metadata', pair, 'list'],
  [m.Metric.gauge]: ['gauge', numbers],
  [m.Metric.sum]: ['sum', numbers],
  [m.Metric.histogram]: [
    'histogram',
    data({
      [H.count]: ['count', fixed],
      [H.sum]: ['sum', float],
      [H.bucketCounts]: ['bucketCounts', fixed, 'packed'],
      [H.explicitBounds]: ['explicitBounds', float, 'packed'],
      [H.exemplars]: exemplars,
      [H.attributes]: attributes,
      [H.flags]: ['flags', number],
      [H.min]: ['min', float],
      [H.max]: ['max', float],
    }),
  ],
  [m.Metric.exponentialHistogram]: [
    'exponentialHistogram',
    data({
      [E.attributes]: attributes,
      [E.count]: ['count', fixed],
      [E.sum]: ['sum', float],
      [E.scale]: ['scale', zigzag],
      [E.zeroCount]: ['zeroCount', fixed],
      [E.positive]: ['positive', buckets],
      [E.negative]: ['negative', buckets],
      [E.flags]: ['flags', number],
      [E.exemplars]: exemplars,
      [E.min]: ['min', float],
      [E.max]: ['max', float],
      [E.zeroThreshold]: ['zeroThreshold', float],
    }),
  ],
  [m.Metric.summary]: [
    'summary',
    data({
      [S.count]: ['count', fixed],
      [S.sum]: ['sum', float],
      [S.quantileValues]: ['quantileValues', quantile, 'list'],
      [S.attributes]: attributes,
      [S.flags]: ['flags', number],
    }),
  ],
});
const record = message({
  [LogRecord.timeUnixNano]: ['timeUnixNano', fixed],
  [LogRecord.severityNumber]: ['severityNumber', number],
  [LogRecord.severityText]: ['severityText', string],
  [LogRecord.body]: ['body', value],
  [LogRecord.attributes]: attributes,
  [LogRecord.droppedAttributesCount]: ['droppedAttributesCount', number],
  [LogRecord.flags]: ['flags', flags32],
  [LogRecord.traceId]: ['traceId', bytes],
  [LogRecord.spanId]: ['spanId', bytes],
  [LogRecord.observedTimeUnixNano]: ['observedTimeUnixNano', fixed],
  [LogRecord.eventName]: ['eventName', string],
});

const groups = (resources: string, scopes: string, members: string, member: Read): Message => ({
  10: [
    resources,
    message({
      10: [
        'resource',
        message({
          [Resource.attributes]: attributes,
          [Resource.droppedAttributesCount]: ['droppedAttributesCount', number],
        }),
      ],
      18: [
        scopes,
        message({
          10: [
            'scope',
            message({
              [Scope.name]: ['name', string],
              [Scope.version]: ['version', string],
              [Scope.attributes]: attributes,
              [Scope.droppedAttributesCount]: ['droppedAttributesCount', number],
            }),
          ],
          18: [members, member, 'list'],
          26: ['schemaUrl', string],
        }),
        'list',
      ],
      26: ['schemaUrl', string],
    }),
    'list',
  ],
});

/** The whole of a body, as if it were a field. */
function read(otlp: Uint8Array, fields: Message): unknown {
  const framed = Buffer.concat([Buffer.alloc(5), otlp]);
  for (let i = 0, rest = otlp.length; i < 5; i++, rest = Math.floor(rest / 128))
    framed[i] = (rest % 128) | (i < 4 ? 0x80 : 0);
  return message(fields)(framed, 0, framed.length);
}

/** Throws on a field that the door should have dropped. */
export function readMetrics(otlp: Uint8Array): OtlpMetrics {
  const fields = groups('resourceMetrics', 'scopeMetrics', 'metrics', metric);
  return { resourceMetrics: [], ...(read(otlp, fields) as Partial<OtlpMetrics>) };
}

/** Throws on a field that the door should have dropped. */
export function readLogs(otlp: Uint8Array): OtlpLogs {
  const fields = groups('resourceLogs', 'scopeLogs', 'logRecords', record);
  return { resourceLogs: [], ...(read(otlp, fields) as Partial<OtlpLogs>) };
}
