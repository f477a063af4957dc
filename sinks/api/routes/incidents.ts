import { z } from 'zod';
import { Conditions } from '../conditions.ts';
import { decodeCursor, pageOf } from '../cursor.ts';
import { type Api, type ApiDeps, QUERY_SETTINGS } from '../deps.ts';
import { errorBody, notFound } from '../errors.ts';
import { incidentJson, STATES, toIncidentJson } from '../incident-json.ts';
import { relatedJson, relatedTo } from '../incident-related.ts';
import { INCIDENT_COLUMNS, type IncidentRow, toIncidentEvent } from '../incident-rows.ts';
import { seenJson, seenLately } from '../incident-seen.ts';
import {
  flag,
  incidentId,
  kind,
  name,
  nextPage,
  paging,
  range,
  severity,
  traceId,
  wholeNumber,
} from '../parameters.ts';

const listQuery = z.strictObject({
  kind: kind.optional(),
  severity: severity.optional(),
  state: z
    .enum([...STATES, 'all'])
    .default('all')
    .describe('as it is now'),
  agent: name.optional().describe('root agent'),
  operation: name.optional().describe('root operation'),
  traceId: traceId.optional().describe('incidents that this trace shows'),
  muted: flag.optional().describe('true: only those that are muted now; false: only others'),
  acknowledged: flag
    .optional()
    .describe('true: only those that somebody has acknowledged; false: only others'),
  id: z
    .string()
    .regex(/^[0-9a-fA-F]{1,32}$/, 'must be up to 32 hex digits')
    .transform((digits) => digits.toLowerCase())
    .optional()
    .describe('its id begins so'),
  ...range,
  ...paging,
});

const eventsQuery = z.strictObject({
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(0).describe('only events with a greater revision'),
});

const seenIncidentJson = incidentJson.extend(seenJson);

export function registerIncidents(app: Api, { clickhouse, database, now }: ApiDeps): void {
  app.get(
    '/v1/incidents',
    {
      config: { access: 'read' },
      schema: {
        tags: ['incidents'],
        summary: 'Incidents as they are now, the last changed first; `from` and `to` bound their last event',
        querystring: listQuery,
        response: {
          200: z
            .object({ incidents: z.array(seenIncidentJson), next: nextPage })
            .describe('a page of incidents'),
          '4xx': errorBody,
        },
      },
    },
    async ({ query, principal: { tenant } }) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      const where = new Conditions()
        .add('TenantId = {tenant:String}', { tenant })
        .add('Kind = {kind:String}', { kind: query.kind })
        .add('Severity = {severity:String}', { severity: query.severity })
        .add('State = {state:String}', { state: query.state === 'all' ? undefined : query.state })
        .add('Agent = {agent:String}', { agent: query.agent })
        .add('Operation = {operation:String}', { operation: query.operation })
        .add(
          `has(ExemplarTraceIds, {traceId:String}) OR IncidentId IN (
             SELECT arrayJoin(Findings.IncidentId) FROM ${database}.ati_traces FINAL
             WHERE TenantId = {tenant:String} AND TraceId = {traceId:String})`,
          { traceId: query.traceId },
        )
        .add('(toUnixTimestamp64Milli(MutedUntil) > {now:Int64}) = {muted:Bool}', {
          now: now(),
          muted: query.muted,
        })
        .add("(AcknowledgedBy != '') = {acknowledged:Bool}", { acknowledged: query.acknowledged })
        .add('startsWith(IncidentId, {id:String})', { id: query.id })
        .add('At >= fromUnixTimestamp64Milli({from:Int64})', { from: query.from })
        .add('At < fromUnixTimestamp64Milli({to:Int64})', { to: query.to })
        .add('(toUnixTimestamp64Milli(At), IncidentId) < ({afterTime:Int64}, {afterId:String})', {
          afterTime: after?.time,
          afterId: after?.id,
        });
      const rows = await clickhouse.query<IncidentRow>(
        `SELECT ${INCIDENT_COLUMNS} FROM ${database}.ati_incidents WHERE ${where.sql}
         ORDER BY At DESC, IncidentId DESC LIMIT {limit:UInt32}`,
        { params: { ...where.params, limit: query.limit + 1 }, settings: QUERY_SETTINGS },
      );
      const { page, next } = pageOf(rows, query.limit, (row) => ({ time: row.atMs, id: row.IncidentId }));
      const events = page.map(toIncidentEvent);
      const seen = await seenLately(clickhouse, database, tenant, events, now());
      return {
        incidents: events.map((event) => ({ ...toIncidentJson(event), ...seen(event.incidentId) })),
        next,
      };
    },
  );

  app.get(
    '/v1/incidents/:id/events',
    {
      config: { access: 'read' },
      schema: {
        tags: ['incidents'],
        summary: 'The newest events of an incident, the oldest of them first: light enough to wait for one',
        params: z.object({ id: incidentId }),
        querystring: eventsQuery,
        response: {
          200: z
            .object({ events: z.array(incidentJson) })
            .describe('at most 100; empty: none, or no such incident'),
          '4xx': errorBody,
        },
      },
    },
    async ({ params, query, principal: { tenant } }) => {
      const rows = await clickhouse.query<IncidentRow>(
        `SELECT ${INCIDENT_COLUMNS} FROM ${database}.ati_incident_events FINAL
         WHERE TenantId = {tenant:String} AND IncidentId = {id:String} AND Revision > {after:UInt64}
         ORDER BY Revision DESC LIMIT 100`,
        { params: { tenant, id: params.id, after: query.after }, settings: QUERY_SETTINGS },
      );
      return { events: rows.map((row) => toIncidentJson(toIncidentEvent(row))).reverse() };
    },
  );

  app.get(
    '/v1/incidents/:id',
    {
      config: { access: 'read' },
      schema: {
        tags: ['incidents'],
        summary:
          'One incident: its last event, every event of it, the oldest first, and what is open beside it',
        params: z.object({ id: incidentId }),
        querystring: z.strictObject({}),
        response: {
          200: z
            .object({
              incident: seenIncidentJson,
              history: z.array(incidentJson),
              related: z
                .array(relatedJson)
                .describe('open incidents that it explains, that explain it, or with the same signature'),
            })
            .describe('the incident'),
          '4xx': errorBody,
        },
      },
    },
    async ({ params, principal: { tenant } }) => {
      // The history of one incident is short; the newest thousand events of one that is not.
      const rows = await clickhouse.query<IncidentRow>(
        `SELECT ${INCIDENT_COLUMNS} FROM ${database}.ati_incident_events FINAL
         WHERE TenantId = {tenant:String} AND IncidentId = {id:String}
         ORDER BY Revision DESC LIMIT 1000`,
        { params: { tenant, id: params.id }, settings: QUERY_SETTINGS },
      );
      if (rows.length === 0) throw notFound(`no incident ${params.id}`);
      const last = toIncidentEvent(rows[0]);
      const [seen, related] = await Promise.all([
        seenLately(clickhouse, database, tenant, [last], now()),
        relatedTo(clickhouse, database, last),
      ]);
      const history = rows.map((row) => toIncidentJson(toIncidentEvent(row))).reverse();
      return { incident: { ...toIncidentJson(last), ...seen(params.id) }, history, related: [...related] };
    },
  );
}
