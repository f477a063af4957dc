import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAllowlist } from './allowlist.ts';
import { convertLogsJson, convertMetricsJson } from './json.ts';
import { poison } from './poison.ts';
import { splitLogs } from './split-logs.ts';
import { splitMetrics } from './split-metrics.ts';
import type { TelemetryOptions, TelemetryPart } from './split-telemetry.ts';
import { damage, embedded } from './testing.ts';
import { otlpJson } from './testing-json.ts';
import { keptLogs, keptMetrics, modelHash, pointsOf, recordsOf } from './testing-model.ts';
import { readLogs, readMetrics } from './testing-read.ts';
import { logs, metrics } from './testing-telemetry.ts';
import type { OtlpAttributes, OtlpResource, OtlpScope, OtlpValue } from './write-fields.ts';
import { encodeLogs, type OtlpLogs } from './write-logs.ts';
import { encodeMetrics, type OtlpMetric, type OtlpMetrics } from './write-metrics.ts';

const options: TelemetryOptions = {
  allowlist: createAllowlist(),
  maxItems: 10_000,
  maxAttributesPerSpan: 128,
  maxNesting: 8,
  maxPartBytes: 512 << 10,
  allowBodies: false,
  hash: modelHash,
};

/** A signal as the tests need it, whatever its messages are. */
interface Case<Input> {
  readonly inputs: fc.Arbitrary<Input>;
  readonly split: typeof splitMetrics;
  readonly convert: typeof convertMetricsJson;
  readonly signal: 'metrics' | 'logs';
  encode(input: Input): Uint8Array;
  /** Every item of what the door keeps, with its service. */
  expected(input: Input, bodies: boolean): string[];
  /** The same of a part. */
  items(otlp: Uint8Array): string[];
  withCanaries(input: Input): Input;
}

const metricsCase: Case<OtlpMetrics> = {
  inputs: metrics,
  split: splitMetrics,
  convert: convertMetricsJson,
  signal: 'metrics',
  encode: encodeMetrics,
  expected: (input) => pointsOf(keptMetrics(input)),
  items: (otlp) => pointsOf(readMetrics(otlp)),
  withCanaries: metricsWithCanaries,
};
const logsCase: Case<OtlpLogs> = {
  inputs: logs,
  split: splitLogs,
  convert: convertLogsJson,
  signal: 'logs',
  encode: encodeLogs,
  expected: (input, bodies) => recordsOf(keptLogs(input, bodies)),
  items: (otlp) => recordsOf(readLogs(otlp)),
  withCanaries: logsWithCanaries,
};

describe('metrics', () => propertiesOf(metricsCase));
describe('logs', () => propertiesOf(logsCase));

function propertiesOf<Input extends OtlpMetrics | OtlpLogs>(of: Case<Input>): void {
  const { inputs, encode, convert, expected } = of;
  const splitOk = (otlp: Uint8Array, changes: Partial<TelemetryOptions> = {}) => {
    const result = of.split(otlp, { ...options, ...changes });
    if (!result.ok) throw new Error(result.reason);
    return result;
  };
  /** The items of parts; each part holds what it says, of the service that it says. */
  const found = (parts: readonly TelemetryPart[]) =>
    parts.flatMap(({ otlp, service, count }) => {
      const items = of.items(otlp);
      expect(items).toHaveLength(count);
      for (const item of items) expect(item.startsWith(`${service} `)).toBe(true);
      return items;
    });

  test('every item is kept, with all that is allowed of it and nothing else, under its service, in order', () => {
    fc.assert(
      fc.property(inputs, fc.boolean(), (input, allowBodies) => {
        const result = splitOk(embedded(encode(input)), { allowBodies });
        const items = found(result.parts);
        expect([...items].sort()).toEqual(expected(input, allowBodies).sort());
        expect(result).toMatchObject({ accepted: items.length, rejected: 0, rejectedReason: '' });
        expect(new Set(result.parts.map(({ service }) => service)).size).toBe(result.parts.length);
        for (const { service, otlp } of result.parts)
          expect(of.items(otlp)).toEqual(
            expected(input, allowBodies).filter((item) => item.startsWith(`${service} `)),
          );
      }),
      { numRuns: 200 },
    );
  });

  test('parts of any size hold the same; none is larger than it may be', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 40, max: 2_000 }), (input, maxPartBytes) => {
        const whole = found(splitOk(encode(input)).parts);
        const result = splitOk(encode(input), { maxPartBytes });
        const items = found(result.parts);
        for (const { otlp } of result.parts) expect(otlp.length).toBeLessThanOrEqual(maxPartBytes);
        expect(result.accepted).toBe(items.length);
        expect(result.accepted + result.rejected).toBe(whole.length);
        const left = new Map<string, number>();
        for (const item of whole) left.set(item, (left.get(item) ?? 0) + 1);
        for (const item of items) left.set(item, (left.get(item) ?? 0) - 1);
        expect([...left.values()].every((count) => count >= 0)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('what has passed the door passes it again unchanged', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        for (const part of splitOk(encode(input)).parts) {
          const again = splitOk(part.otlp);
          expect(again.parts).toEqual([part]);
          expect(Object.values(again.dropped).every((count) => count === 0)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('damaged bodies: parts that can be read, or an error value; what surrounds the body makes no difference', () => {
    fc.assert(
      fc.property(inputs, damage, (input, break_) => {
        const bytes = break_(encode(input));
        const result = of.split(embedded(bytes), options);
        expect(result).toEqual(of.split(bytes.slice(), options));
        if (!result.ok) expect(result.reason).toMatch(/ at byte \d+$/);
        else expect(found(result.parts)).toHaveLength(result.accepted);
      }),
      { numRuns: 400 },
    );
  });

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), (bytes) => {
        const result = of.split(embedded(bytes), options);
        expect(result).toEqual(of.split(bytes, options));
        if (result.ok) expect(found(result.parts)).toHaveLength(result.accepted);
      }),
      { numRuns: 500 },
    );
  });

  test('content in no place of an export passes', () => {
    fc.assert(
      fc.property(inputs, fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (input, places) => {
        const otlp = encode(of.withCanaries(input));
        let i = 0;
        for (const bytes of [otlp, poison(otlp, CANARY, () => places[i++ % places.length], of.signal)]) {
          const result = splitOk(bytes);
          expect(found(result.parts)).toHaveLength(result.accepted);
          expect(result.accepted).toBe(expected(input, false).length);
          for (const part of result.parts) {
            expect(Buffer.from(part.otlp).includes('canary')).toBe(false);
            expect(part.service).not.toContain('canary');
          }
          expect(JSON.stringify(result.dropped)).not.toContain('canary');
        }
      }),
      { numRuns: 100 },
    );
  });

  test('the same export in protobuf and in JSON: the same bytes, fields in another order, and the same items', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const converted = convert(Buffer.from(otlpJson(input)), options);
        if (!converted.ok) throw new Error(converted.reason);
        const otlp = encode(input);
        expect(Buffer.from(converted.otlp.toSorted()).equals(otlp.toSorted())).toBe(true);
        expect(found(splitOk(converted.otlp).parts)).toEqual(found(splitOk(otlp).parts));
      }),
      { numRuns: 200 },
    );
  });
}

const CANARY = 'the secret canary 4711';
const SECRETS: readonly (readonly [string, OtlpValue])[] = [
  ['private.note', CANARY],
  [CANARY, 1],
  ['gen_ai.input.messages', [CANARY]],
  ['gen_ai.tool.call.arguments', { kvlist: { [CANARY]: CANARY } }],
  ['input.value', CANARY],
  ['service.name', { kvlist: { name: { kvlist: { deep: [CANARY] } } } }],
  ['service.version', [CANARY]],
  ['ati.role', `${CANARY}\nsecond line`],
  ['service.namespace', `${CANARY}${'x'.repeat(256)}`],
  ['gen_ai.usage.input_tokens', CANARY],
  ['gen_ai.agent.name', Buffer.from(CANARY)],
];
const plus = (attributes: OtlpAttributes | undefined): OtlpAttributes => [
  ...((attributes ?? []) as readonly (readonly [string, OtlpValue])[]),
  ...SECRETS,
];
const LINES = `${CANARY}\n`;
const resourceWith = (resource: OtlpResource | undefined) => ({ attributes: plus(resource?.attributes) });
const scopeWith = (scope: OtlpScope | undefined) => ({
  name: LINES,
  version: LINES,
  attributes: plus(scope?.attributes),
});
const wrongIds = { traceId: Buffer.from(CANARY), spanId: Buffer.from(CANARY) };

function metricsWithCanaries({ resourceMetrics }: OtlpMetrics): OtlpMetrics {
  const exemplar = { ...wrongIds, filteredAttributes: plus([]), timeUnixNano: 1n };
  const metric = (from: OtlpMetric): OtlpMetric => {
    const data = Object.entries(from)
      .filter(([, of]) => typeof of === 'object' && 'dataPoints' in of)
      .map(([kind, of]) => {
        const dataPoints = (of as { dataPoints: { attributes?: OtlpAttributes }[] }).dataPoints.map(
          (point) => ({
            ...point,
            attributes: plus(point.attributes),
            exemplars: kind === 'summary' ? undefined : [exemplar],
          }),
        );
        return [kind, { ...(of as object), dataPoints }];
      });
    return {
      ...Object.fromEntries(data),
      name: LINES,
      unit: CANARY,
      description: CANARY,
      metadata: plus(from.metadata),
    };
  };
  return {
    resourceMetrics: resourceMetrics.map((group) => ({
      schemaUrl: `https://x/?${CANARY}`,
      resource: resourceWith(group.resource),
      scopeMetrics: group.scopeMetrics?.map((scope) => ({
        schemaUrl: CANARY,
        scope: scopeWith(scope.scope),
        metrics: scope.metrics?.map(metric),
      })),
    })),
  };
}

function logsWithCanaries({ resourceLogs }: OtlpLogs): OtlpLogs {
  return {
    resourceLogs: resourceLogs.map((group) => ({
      schemaUrl: `https://x/?${CANARY}`,
      resource: resourceWith(group.resource),
      scopeLogs: group.scopeLogs?.map((scope) => ({
        schemaUrl: CANARY,
        scope: scopeWith(scope.scope),
        logRecords: scope.logRecords?.map((record, i) => ({
          ...record,
          ...wrongIds,
          body: i % 2 === 0 ? CANARY : { kvlist: { message: [CANARY] } },
          severityText: CANARY,
          eventName: LINES,
          attributes: plus(record.attributes),
        })),
      })),
    })),
  };
}
