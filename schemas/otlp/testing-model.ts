/** For tests: the door's rules a second time, on objects and for the keys that the generators know. */
import type { OtlpAttributes, OtlpResource, OtlpScope, OtlpValue } from './write-fields.ts';
import { encodeLogs, type OtlpLogRecord, type OtlpLogs } from './write-logs.ts';
import { encodeMetrics, type OtlpMetric, type OtlpMetrics } from './write-metrics.ts';

type Pairs = readonly (readonly [string, OtlpValue])[];

const plain = (text: string) => !/[\p{Cc}\u2028\u2029]/u.test(text);
const bytes = (text: string) => Buffer.byteLength(text);
const STRINGS = new Set(['service.name', 'ati.role']);
const NUMBERS = new Set(['gen_ai.usage.input_tokens', 'http.response.status_code']);

export const modelHash = (value: Uint8Array) => value.length.toString(16).padStart(64, '0');

function kept(attributes: OtlpAttributes | undefined): Pairs | undefined {
  return (attributes as Pairs | undefined)?.filter(([key, value]) => {
    if (STRINGS.has(key)) return typeof value === 'string' && bytes(value) <= 256 && plain(value);
    const number =
      typeof value === 'number' ||
      typeof value === 'bigint' ||
      (typeof value === 'object' && value !== null && 'double' in value);
    return NUMBERS.has(key) && number;
  });
}
function named(text: string | undefined): string | undefined {
  if (text === undefined || (bytes(text) <= 128 && plain(text))) return text;
  return `hashed:${modelHash(Buffer.from(text)).slice(0, 16)}`;
}
const only = (text: string | undefined, good: (text: string) => boolean) =>
  text !== undefined && good(text) ? text : undefined;
const url = (text: string | undefined) => only(text, (each) => each.startsWith('https:'));
const isCode = (text: string) => /^[\w.:-]{1,64}$/.test(text) && text.replace(/[^0-9]/g, '').length <= 4;
const isUnit = (text: string) => bytes(text) <= 63 && plain(text) && !text.includes(' ');

const resourceOf = (resource: OtlpResource | undefined) =>
  resource && { ...resource, attributes: kept(resource.attributes) };
const scopeOf = (scope: OtlpScope | undefined) =>
  scope && {
    ...scope,
    name: named(scope.name),
    version: only(scope.version, (text) => bytes(text) <= 64 && plain(text)),
    attributes: kept(scope.attributes),
  };

/** What the door keeps of the metrics. */
export function keptMetrics({ resourceMetrics }: OtlpMetrics): OtlpMetrics {
  return {
    resourceMetrics: resourceMetrics.map((group) => ({
      resource: resourceOf(group.resource),
      schemaUrl: url(group.schemaUrl),
      scopeMetrics: group.scopeMetrics?.map((scope) => ({
        scope: scopeOf(scope.scope),
        schemaUrl: url(scope.schemaUrl),
        metrics: scope.metrics?.map(keptMetric),
      })),
    })),
  };
}

const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
type Data = { dataPoints?: readonly { attributes?: OtlpAttributes; exemplars?: readonly object[] }[] };

function keptMetric(metric: OtlpMetric): OtlpMetric {
  const { description: _, ...rest } = metric;
  const data = KINDS.filter((kind) => metric[kind] !== undefined).map((kind) => {
    const of = metric[kind] as Data;
    const dataPoints = of.dataPoints?.map((point) => ({
      ...point,
      attributes: kept(point.attributes),
      exemplars: point.exemplars?.map((each) => ({
        ...each,
        filteredAttributes: kept((each as { filteredAttributes?: OtlpAttributes }).filteredAttributes),
      })),
    }));
    return [kind, { ...of, dataPoints }];
  });
  return {
    ...rest,
    ...Object.fromEntries(data),
    name: named(metric.name),
    unit: only(metric.unit, isUnit),
    metadata: kept(metric.metadata),
  };
}

/** What the door keeps of the logs. */
export function keptLogs({ resourceLogs }: OtlpLogs, bodies = false): OtlpLogs {
  const record = ({ body, ...rest }: OtlpLogRecord): OtlpLogRecord => ({
    ...rest,
    ...(bodies && body !== undefined ? { body } : {}),
    severityText: only(rest.severityText, isCode),
    eventName: named(rest.eventName),
    attributes: kept(rest.attributes),
  });
  return {
    resourceLogs: resourceLogs.map((group) => ({
      resource: resourceOf(group.resource),
      schemaUrl: url(group.schemaUrl),
      scopeLogs: group.scopeLogs?.map((scope) => ({
        scope: scopeOf(scope.scope),
        schemaUrl: url(scope.schemaUrl),
        logRecords: scope.logRecords?.map(record),
      })),
    })),
  };
}

/** Every data point as the canonical bytes of an export of it alone, in hex, under its service. */
export function pointsOf({ resourceMetrics }: OtlpMetrics): string[] {
  return resourceMetrics.flatMap(({ scopeMetrics = [], ...group }) =>
    scopeMetrics.flatMap(({ metrics = [], ...scope }) =>
      metrics.flatMap((metric) =>
        KINDS.flatMap((kind) => {
          const { dataPoints = [], ...data } = (metric[kind] ?? {}) as Data;
          return dataPoints.map((point) => {
            const one = { ...metric, [kind]: { ...data, dataPoints: [point] } };
            const alone = { resourceMetrics: [{ ...group, scopeMetrics: [{ ...scope, metrics: [one] }] }] };
            return `${serviceOf(group.resource)} ${Buffer.from(encodeMetrics(alone)).toString('hex')}`;
          });
        }),
      ),
    ),
  );
}

/** Every log record as the canonical bytes of an export of it alone, in hex, under its service. */
export function recordsOf({ resourceLogs }: OtlpLogs): string[] {
  return resourceLogs.flatMap(({ scopeLogs = [], ...group }) =>
    scopeLogs.flatMap(({ logRecords = [], ...scope }) =>
      logRecords.map((record) => {
        const alone = { resourceLogs: [{ ...group, scopeLogs: [{ ...scope, logRecords: [record] }] }] };
        return `${serviceOf(group.resource)} ${Buffer.from(encodeLogs(alone)).toString('hex')}`;
      }),
    ),
  );
}

function serviceOf(resource: OtlpResource | undefined): string {
  const named = ((resource?.attributes ?? []) as Pairs).find(([key]) => key === 'service.name');
  return typeof named?.[1] === 'string' && named[1] !== '' ? named[1] : 'unknown_service';
}
