/** For tests: arbitrary OTLP metrics and logs, well-formed, with allowed and forbidden content mixed. */
import fc from 'fast-check';
import { anyValue, attributes, id, maybe, text, time } from './testing.ts';
import type { OtlpLogs } from './write-logs.ts';
import type { OtlpMetric, OtlpMetrics } from './write-metrics.ts';

const count = maybe(fc.nat());
// JSON has no -0.
const double = fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value));
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const numberValue = fc.oneof(
  double.map((asDouble) => ({ asDouble })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((asInt) => ({ asInt })),
  fc.constant({}),
);
const name = fc.oneof(text, fc.constantFrom('queue.length', 'two\nlines', 'x'.repeat(200)));
const flags = maybe(fc.nat({ max: 1 }));

const exemplars = fc.array(
  fc
    .tuple(
      fc.record({
        filteredAttributes: maybe(attributes),
        timeUnixNano: maybe(time),
        spanId: maybe(id(8)),
        traceId: maybe(id(16)),
      }),
      numberValue,
    )
    .map(([exemplar, value]) => ({ ...exemplar, ...value })),
  { maxLength: 2 },
);

const common = { attributes: maybe(attributes), startTimeUnixNano: maybe(time), timeUnixNano: time, flags };
const points = <T>(point: fc.Arbitrary<T>) => fc.array(point, { maxLength: 4 });

const numberPoints = points(
  fc
    .tuple(fc.record({ ...common, exemplars }), numberValue)
    .map(([point, value]) => ({ ...point, ...value })),
);
const distribution = { count: maybe(uint64), sum: maybe(double), min: maybe(double), max: maybe(double) };
const histogramPoints = points(
  fc.record({
    ...common,
    ...distribution,
    bucketCounts: maybe(fc.array(uint64, { maxLength: 4 })),
    explicitBounds: maybe(fc.array(double, { maxLength: 3 })),
    exemplars,
  }),
);
const buckets = maybe(
  fc.record({ offset: maybe(int32), bucketCounts: maybe(fc.array(uint64, { maxLength: 4 })) }),
);
const exponentialPoints = points(
  fc.record({
    ...common,
    ...distribution,
    scale: maybe(int32),
    zeroCount: maybe(uint64),
    positive: buckets,
    negative: buckets,
    exemplars,
    zeroThreshold: maybe(double),
  }),
);
const summaryPoints = points(
  fc.record({
    ...common,
    count: maybe(uint64),
    sum: maybe(double),
    quantileValues: maybe(
      fc.array(fc.record({ quantile: maybe(double), value: maybe(double) }), { maxLength: 3 }),
    ),
  }),
);

const aggregationTemporality = maybe(fc.nat({ max: 2 }));
const data: fc.Arbitrary<Partial<OtlpMetric>> = fc.oneof(
  fc.record({ gauge: fc.record({ dataPoints: numberPoints }) }),
  fc.record({
    sum: fc.record({ dataPoints: numberPoints, aggregationTemporality, isMonotonic: maybe(fc.boolean()) }),
  }),
  fc.record({ histogram: fc.record({ dataPoints: histogramPoints, aggregationTemporality }) }),
  fc.record({ exponentialHistogram: fc.record({ dataPoints: exponentialPoints, aggregationTemporality }) }),
  fc.record({ summary: fc.record({ dataPoints: summaryPoints }) }),
);

/** A metric of any of the five kinds; every point has a time. */
export const metric: fc.Arbitrary<OtlpMetric> = fc
  .tuple(
    fc.record({
      name: maybe(name),
      description: maybe(text),
      unit: maybe(fc.oneof(text, fc.constantFrom('ms', '{request}', 'By/s'))),
      metadata: maybe(attributes),
    }),
    data,
  )
  .map(([head, points]) => ({ ...head, ...points }));

const schemaUrl = maybe(fc.constantFrom('https://opentelemetry.io/schemas/1.30.0', 'see\nbelow'));
const scope = maybe(fc.record({ name: maybe(text), version: maybe(text), attributes: maybe(attributes) }));
const resource = maybe(
  fc
    .tuple(attributes, fc.constantFrom(undefined, 'agents', 'tools', 'übersetzer'), count)
    .map(([pairs, service, droppedAttributesCount]) => ({
      attributes:
        service === undefined
          ? pairs
          : [['service.name', service] as const, ...(pairs as readonly (readonly [string, never])[])],
      droppedAttributesCount,
    })),
);

export const metrics: fc.Arbitrary<OtlpMetrics> = fc.record({
  resourceMetrics: fc.array(
    fc.record({
      resource,
      scopeMetrics: fc.array(fc.record({ scope, metrics: fc.array(metric, { maxLength: 3 }), schemaUrl }), {
        maxLength: 2,
      }),
      schemaUrl,
    }),
    { maxLength: 3 },
  ),
});

export const logs: fc.Arbitrary<OtlpLogs> = fc.record({
  resourceLogs: fc.array(
    fc.record({
      resource,
      scopeLogs: fc.array(
        fc.record({
          scope,
          logRecords: fc.array(
            fc.record({
              timeUnixNano: maybe(time),
              observedTimeUnixNano: maybe(time),
              severityNumber: maybe(fc.nat({ max: 24 })),
              severityText: maybe(fc.oneof(text, fc.constantFrom('INFO', 'warn2'))),
              body: maybe(anyValue),
              attributes: maybe(attributes),
              droppedAttributesCount: count,
              flags: maybe(fc.nat({ max: 0xff })),
              traceId: maybe(id(16)),
              spanId: maybe(id(8)),
              eventName: maybe(name),
            }),
            { maxLength: 4 },
          ),
          schemaUrl,
        }),
        { maxLength: 2 },
      ),
      schemaUrl,
    }),
    { maxLength: 3 },
  ),
});
