/** Open incidents that belong together: several agents that storm on one tool; a cause and its symptoms. */
import { z } from 'zod';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { type IncidentEvent, SEVERITIES } from '#schemas/events.ts';
import { QUERY_SETTINGS } from './deps.ts';
import { kind } from './parameters.ts';

export const relatedJson = z.object({
  incidentId: z.string(),
  why: z
    .enum(['symptom', 'cause', 'same_callee'])
    .describe('symptom: this incident explains it; cause: it explains this one; same_callee: same signature'),
  kind,
  severity: z.enum(SEVERITIES),
  agent: z.string(),
  operation: z.string(),
  signature: z.string(),
  title: z.string(),
  affectedTraces: z.number().int(),
});
export type RelatedJson = z.output<typeof relatedJson>;

const MOST = 50;

/** Open incidents of the same tenant that it explains, that explain it, or whose signature is the same. At most 50. */
export function relatedTo(
  clickhouse: ClickHouse,
  database: string,
  { tenant, incidentId, signature, explains }: IncidentEvent,
): Promise<readonly RelatedJson[]> {
  const params = { tenant, id: incidentId, signature, symptoms: explains.map((each) => each.incidentId) };
  return clickhouse.query<RelatedJson>(
    `SELECT IncidentId AS incidentId,
       multiIf(has({symptoms:Array(String)}, IncidentId), 'symptom', has(Explains.IncidentId, {id:String}), 'cause',
         'same_callee') AS why,
       Kind AS kind, Severity AS severity, Agent AS agent, Operation AS operation, Signature AS signature,
       Title AS title, AffectedTraces AS affectedTraces
     FROM ${database}.ati_incidents
     WHERE TenantId = {tenant:String} AND State = 'open' AND IncidentId != {id:String}
       AND (why != 'same_callee' OR (Signature != '' AND Signature = {signature:String}))
     ORDER BY indexOf(['cause', 'symptom', 'same_callee'], why), Agent, Operation, Kind, IncidentId
     LIMIT ${MOST}`,
    { params, settings: QUERY_SETTINGS },
  );
}
