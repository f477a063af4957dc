import { exampleTraces } from '#producers/ingest/testing.ts';
import { convertLogsJson, convertMetricsJson, convertTracesJson } from '#schemas/otlp/json.ts';
import { splitTraces } from '#schemas/otlp/split.ts';
import { splitLogs } from '#schemas/otlp/split-logs.ts';
import { splitMetrics } from '#schemas/otlp/split-metrics.ts';
import { isJson, otlpJson } from '#schemas/otlp/testing-json.ts';
import { jsonMutator } from '../mutate/json.ts';
import { countOf, FILTER, ITEMS, POINTS } from '../oracles/otlp.ts';
import { WORDS } from '../seeds/otlp.ts';
import { holds, same, type Target } from '../target.ts';

const TRACES = { ...FILTER, partitions: 3, maxSpans: 1_000 };
const SERVICES = { ...FILTER, maxItems: 1_000, maxPartBytes: 64 << 10, allowBodies: false };
const SIGNALS = [
  { convert: convertTracesJson, split: (otlp: Uint8Array) => splitTraces(otlp, TRACES), items: ITEMS },
  { convert: convertMetricsJson, split: (otlp: Uint8Array) => splitMetrics(otlp, SERVICES), items: POINTS },
  { convert: convertLogsJson, split: (otlp: Uint8Array) => splitLogs(otlp, SERVICES), items: ITEMS },
];

const point = { asDouble: 1.5, timeUnixNano: '1700000000000000000', attributes: [] };
const METRICS = {
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] },
      scopeMetrics: [
        {
          scope: { name: 's' },
          metrics: [
            { name: 'g', unit: 'ms', gauge: { dataPoints: [point] } },
            {
              name: 's',
              sum: { dataPoints: [{ ...point, asInt: '3' }], aggregationTemporality: 2, isMonotonic: true },
            },
            {
              name: 'h',
              histogram: {
                dataPoints: [{ ...point, count: '2', sum: 3, bucketCounts: ['1', '1'], explicitBounds: [2] }],
              },
            },
            {
              name: 'e',
              exponentialHistogram: {
                dataPoints: [
                  { ...point, count: 1, scale: 2, zeroCount: 0, positive: { offset: 1, bucketCounts: [1] } },
                ],
              },
            },
            {
              name: 'q',
              summary: {
                dataPoints: [{ ...point, count: 1, quantileValues: [{ quantile: 0.5, value: 'NaN' }] }],
              },
            },
          ],
        },
      ],
    },
  ],
};
const LOGS = {
  resourceLogs: [
    {
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: '1700000000000000000',
              severityNumber: 9,
              severityText: 'INFO',
              body: {
                kvlistValue: {
                  values: [{ key: 'k', value: { arrayValue: { values: [{ bytesValue: 'aGk=' }] } } }],
                },
              },
              traceId: '0102030405060708090a0b0c0d0e0f10',
              spanId: '0102030405060708',
            },
          ],
        },
      ],
    },
  ],
};

const NO_JSON = /^body: not (JSON|UTF-8)$/;

export const target: Target = {
  name: 'otlp-json',
  about:
    'OTLP JSON of all signals: what is converted is JSON, becomes well-formed protobuf, and its counts add up at the ' +
    'splitter',
  share: 1.5,
  start: () => ({
    seeds: [
      otlpJson(exampleTraces(2, 2)),
      JSON.stringify(METRICS),
      JSON.stringify(LOGS),
      '{}',
      '[]',
      'null',
    ].map((text) => Buffer.from(text)),
    dictionary: [
      ...WORDS,
      ...[
        'stringValue',
        'intValue',
        'arrayValue',
        'kvlistValue',
        'bytesValue',
        'doubleValue',
        'NaN',
        '-Infinity',
        '__proto__',
        'traceId',
        'STATUS_CODE_ERROR',
      ].map((word) => Buffer.from(word)),
    ],
    mutators: [jsonMutator],
    run(input) {
      const json = isJson(input);
      for (const { convert, split, items } of SIGNALS) {
        const converted = convert(input, { maxNesting: 16 });
        if (!converted.ok) {
          same(`no JSON, as "${converted.reason}" says`, !json, NO_JSON.test(converted.reason));
          continue;
        }
        holds(json, () => 'converted what is no JSON');
        const passed = split(converted.otlp);
        if (!passed.ok) {
          holds(
            /^more than /.test(passed.reason),
            () => `the converter wrote what is no OTLP: ${passed.reason}`,
          );
          continue;
        }
        same('accepted and rejected', passed.accepted + passed.rejected, countOf(converted.otlp, items));
      }
    },
  }),
};
