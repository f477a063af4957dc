/** The spans of one trace, from otel_traces, without a look at all of it. */
import type { z } from 'zod';
import { type ApiDeps, FINAL_BY_TRACE } from './deps.ts';
import { int64Of } from './parameters.ts';
import type { spanJson } from './trace-json.ts';
import { isoOfNanos } from './trace-rows.ts';

interface SpanRow {
  readonly SpanId: string;
  readonly ParentSpanId: string;
  readonly SpanName: string;
  readonly SpanKind: string;
  readonly ServiceName: string;
  readonly startNs: string;
  readonly Duration: string;
  readonly StatusCode: string;
  readonly StatusMessage: string;
  readonly ScopeName: string;
  readonly SpanAttributes: Readonly<Record<string, string>>;
  readonly ResourceAttributes: Readonly<Record<string, string>>;
  readonly eventTimes: readonly string[];
  readonly eventNames: readonly string[];
  readonly eventAttributes: readonly Readonly<Record<string, string>>[];
  readonly linkTraces: readonly string[];
  readonly linkSpans: readonly string[];
  readonly linkAttributes: readonly Readonly<Record<string, string>>[];
}

export interface SpanList {
  readonly spans: z.output<typeof spanJson>[];
  readonly resources: Readonly<Record<string, string>>[];
  readonly truncated: boolean;
}

/** When the trace ran, as its summary says, in unix ns. */
export interface Extent {
  readonly startNs: string;
  readonly endNs: string;
}

/** Spans that came after the trace was closed may lie outside what its summary knows. */
const SLACK_NS = 10n * 60n * 1_000_000_000n;

async function spanRows(
  { clickhouse, database }: ApiDeps,
  tenant: string,
  traceId: string,
  limit: number,
  extent: Extent | undefined,
): Promise<SpanRow[]> {
  // The trace's extent leaves most partitions and granules out, the TraceId index most of the rest.
  const bounded =
    extent === undefined
      ? ''
      : `AND Timestamp >= fromUnixTimestamp64Nano({from:Int64})
         AND Timestamp <= fromUnixTimestamp64Nano({to:Int64})`;
  return clickhouse.query<SpanRow>(
    `SELECT SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, toUnixTimestamp64Nano(Timestamp) AS startNs,
       Duration, StatusCode, StatusMessage, ScopeName, SpanAttributes, ResourceAttributes,
       arrayMap(t -> toString(toUnixTimestamp64Nano(t)), Events.Timestamp) AS eventTimes,
       Events.Name AS eventNames, Events.Attributes AS eventAttributes,
       Links.TraceId AS linkTraces, Links.SpanId AS linkSpans, Links.Attributes AS linkAttributes
     FROM ${database}.otel_traces FINAL
     WHERE TenantId = {tenant:String} AND TraceId = {traceId:String} ${bounded}
     ORDER BY Timestamp, SpanId, SpanKind LIMIT {limit:UInt32}`,
    {
      params: {
        tenant,
        traceId,
        limit: limit + 1,
        ...(extent !== undefined && {
          from: clamp(BigInt(extent.startNs) - SLACK_NS),
          to: clamp(BigInt(extent.endNs) + SLACK_NS),
        }),
      },
      settings: FINAL_BY_TRACE,
    },
  );
}

function clamp(nanos: bigint): string {
  const greatest = 2n ** 63n - 1n;
  return String(nanos < 0n ? 0n : nanos > greatest ? greatest : nanos);
}

/**
 * At most `limit` spans in order of start. Where the summary counts more than its extent holds (a client's clock was
 * wrong), they are looked for by the TraceId index alone.
 */
export async function spansOf(
  deps: ApiDeps,
  tenant: string,
  traceId: string,
  limit: number,
  known: (Extent & { readonly spanCount: number }) | undefined,
): Promise<SpanList> {
  let rows = await spanRows(deps, tenant, traceId, limit, known);
  if (known !== undefined && rows.length < Math.min(known.spanCount, limit + 1)) {
    rows = await spanRows(deps, tenant, traceId, limit, undefined);
  }
  const resources = new Map<string, number>();
  const spans = rows.slice(0, limit).map((row) => {
    const key = JSON.stringify(row.ResourceAttributes);
    if (!resources.has(key)) resources.set(key, resources.size);
    return toSpan(row, resources.get(key)!);
  });
  return {
    spans,
    resources: [...resources.keys()].map((key) => JSON.parse(key)),
    truncated: rows.length > limit,
  };
}

function toSpan(row: SpanRow, resource: number): z.output<typeof spanJson> {
  return {
    spanId: row.SpanId,
    parentSpanId: row.ParentSpanId,
    name: row.SpanName,
    kind: row.SpanKind,
    service: row.ServiceName,
    start: isoOfNanos(row.startNs),
    startUnixNano: row.startNs,
    durationNs: int64Of(row.Duration),
    status: row.StatusCode,
    statusMessage: row.StatusMessage,
    scope: row.ScopeName,
    attributes: row.SpanAttributes,
    resource,
    events: row.eventNames.map((name, i) => ({
      timeUnixNano: row.eventTimes[i],
      name,
      attributes: row.eventAttributes[i],
    })),
    links: row.linkSpans.map((spanId, i) => ({
      traceId: row.linkTraces[i],
      spanId,
      attributes: row.linkAttributes[i],
    })),
  };
}
