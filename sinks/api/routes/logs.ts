import { z } from 'zod';
import { Conditions } from '../conditions.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { type Api, type ApiDeps, QUERY_SETTINGS } from '../deps.ts';
import { errorBody } from '../errors.ts';
import { isoOf } from '../incident-json.ts';
import { name, nextPage, paging, range, traceId } from '../parameters.ts';
import { attributes, instant, instantOf } from '../telemetry-json.ts';
import { timeRange } from '../time-range.ts';

/** First numbers of OTLP's severities. */
const SEVERITY_NUMBERS = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;
const NAMES = Object.keys(SEVERITY_NUMBERS).join(', ');

const minSeverity = z
  .string()
  .transform((text, context): number => {
    const named = Object.entries(SEVERITY_NUMBERS).find(([severity]) => severity === text.toLowerCase())?.[1];
    const number = named ?? (/^\d{1,2}$/.test(text) ? Number(text) : 0);
    if (number >= 1 && number <= 24) return number;
    context.addIssue({ code: 'custom', message: `must be one of ${NAMES}, or a number from 1 to 24` });
    return z.NEVER;
  })
  .describe(
    `at least so severe: ${NAMES}, or OTLP's number (1 to 24); records without a number are left out`,
  );

const logRecord = z.object({
  ...instant,
  service: z.string(),
  severityNumber: z.number().int().describe("OTLP's 1 to 24; 0: not sent"),
  severityText: z.string(),
  eventName: z.string(),
  body: z
    .string()
    .nullable()
    .describe(
      'null: there is none. Bodies are content, so the ingest drops them unless ATI_ALLOW_LOG_BODIES',
    ),
  traceId: z.string().describe('empty where there is none'),
  spanId: z.string(),
  traceFlags: z.number().int(),
  attributes,
  resource: attributes,
  scope: z.object({ name: z.string(), version: z.string() }),
});

interface Row {
  readonly timeNs: string;
  readonly LogId: string;
  readonly ServiceName: string;
  readonly SeverityNumber: number;
  readonly SeverityText: string;
  readonly EventName: string;
  readonly Body: string;
  readonly TraceId: string;
  readonly SpanId: string;
  readonly TraceFlags: number;
  readonly LogAttributes: Record<string, string>;
  readonly ResourceAttributes: Record<string, string>;
  readonly ScopeName: string;
  readonly ScopeVersion: string;
}

const toRecord = (row: Row): z.output<typeof logRecord> => ({
  ...instantOf(row.timeNs),
  service: row.ServiceName,
  severityNumber: row.SeverityNumber,
  severityText: row.SeverityText,
  eventName: row.EventName,
  body: row.Body === '' ? null : row.Body,
  traceId: row.TraceId,
  spanId: row.SpanId,
  traceFlags: row.TraceFlags,
  attributes: row.LogAttributes,
  resource: row.ResourceAttributes,
  scope: { name: row.ScopeName, version: row.ScopeVersion },
});

const COLUMNS = `toUnixTimestamp64Nano(Timestamp) AS timeNs, LogId, ServiceName, SeverityNumber, SeverityText, EventName,
  Body, TraceId, SpanId, TraceFlags, LogAttributes, ResourceAttributes, ScopeName, ScopeVersion`;

export function registerLogs(app: Api, { clickhouse, database, now }: ApiDeps): void {
  app.get(
    '/v1/logs',
    {
      config: { access: 'read' },
      schema: {
        tags: ['logs'],
        summary: 'Log records, the newest first',
        description:
          'The last hour unless `from` and `to` say otherwise (give `from` to page through a fixed hour); with `traceId` ' +
          'only as they say.',
        querystring: z.strictObject({
          service: name.optional().describe('only of this service'),
          minSeverity: minSeverity.optional(),
          traceId: traceId.optional().describe('only of this trace'),
          eventName: name.optional().describe('only events of this name'),
          ...range,
          ...paging,
        }),
        response: {
          200: z
            .object({
              from: z.string().nullable().describe('null: unbounded'),
              to: z.string().nullable().describe('null: unbounded'),
              logs: z.array(logRecord),
              next: nextPage,
            })
            .describe('a page of log records'),
          '4xx': errorBody,
        },
      },
    },
    async ({ query, principal }) => {
      // Of one trace there are few, and its index finds them.
      const bounds = query.traceId === undefined ? timeRange(query, now) : { from: query.from, to: query.to };
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      const where = new Conditions()
        .add('TenantId = {tenant:String}', { tenant: principal.tenant })
        .add('ServiceName = {service:String}', { service: query.service })
        .add('SeverityNumber >= {severity:UInt8}', { severity: query.minSeverity })
        .add('TraceId = {traceId:String}', { traceId: query.traceId })
        .add('EventName = {eventName:String}', { eventName: query.eventName })
        .add('Timestamp >= fromUnixTimestamp64Milli({from:Int64})', { from: bounds.from })
        .add('Timestamp < fromUnixTimestamp64Milli({to:Int64})', { to: bounds.to })
        .add(
          `Timestamp <= fromUnixTimestamp64Nano({afterTime:Int64})
           AND (toUnixTimestamp64Nano(Timestamp), LogId) < ({afterTime:Int64}, {afterId:String})`,
          { afterTime: after?.time, afterId: after?.id },
        );
      const rows = await clickhouse.query<Row>(
        `SELECT ${COLUMNS} FROM ${database}.otel_logs FINAL WHERE ${where.sql}
         ORDER BY Timestamp DESC, LogId DESC LIMIT {limit:UInt32}`,
        { params: { ...where.params, limit: query.limit + 1 }, settings: QUERY_SETTINGS },
      );
      const { page, next } = pageOf(rows, query.limit, (row) => ({ time: row.timeNs, id: row.LogId }));
      return {
        from: bounds.from === undefined ? null : isoOf(bounds.from),
        to: bounds.to === undefined ? null : isoOf(bounds.to),
        logs: page.map(toRecord),
        next,
      };
    },
  );
}
