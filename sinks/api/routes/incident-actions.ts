import { z } from 'zod';
import type { OperatorAction } from '#schemas/events.ts';
import { type Api, type ApiDeps, QUERY_SETTINGS } from '../deps.ts';
import { ApiError, badRequest, errorBody, notFound } from '../errors.ts';
import { actionBody, actionName, misfit, untilOf } from '../incident-actions.ts';
import { isoOf } from '../incident-json.ts';
import { INCIDENT_COLUMNS, type IncidentRow, toIncidentEvent } from '../incident-rows.ts';
import { incidentId } from '../parameters.ts';

const accepted = z
  .object({
    incidentId: z.string(),
    action: actionName,
    by: z.string(),
    note: z.string(),
    at: z.string().describe('ISO 8601, UTC'),
    until: z.string().nullable().describe('of a mute'),
    revision: z.number().int().describe('of the incident as it was: its event has a greater one'),
  })
  .describe('it is on the log; the incident has its event as soon as the log is read up to there');

/** POST /v1/incidents/:id/acknowledge, unacknowledge, mute, unmute. */
export function registerIncidentActions(app: Api, { clickhouse, database, operators, now }: ApiDeps): void {
  app.post(
    '/v1/incidents/:id/:action',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['incidents'],
        summary:
          'What an operator does with an incident: acknowledge, unacknowledge (an open one), mute, unmute (any)',
        description:
          'Answered when it is durable on the log. An acknowledgement ends with its episode; a mute stays over episodes ' +
          'until its time; on an incident that is over its event is `resolved` (`retracted`) again. 404: no such incident; 409: it does not fit the incident as it is.',
        params: z.object({ id: incidentId, action: actionName }),
        body: actionBody,
        response: { 202: accepted, '4xx': errorBody, '5xx': errorBody },
      },
    },
    async ({ params, body, log, principal: { tenant } }, reply) => {
      const at = now();
      const mute = untilOf(params.action, body, at);
      if (!mute.ok) throw badRequest(mute.reason);
      const rows = await clickhouse.query<IncidentRow>(
        `SELECT ${INCIDENT_COLUMNS} FROM ${database}.ati_incident_events
         WHERE TenantId = {tenant:String} AND IncidentId = {id:String} ORDER BY Revision DESC LIMIT 1`,
        { params: { tenant, id: params.id }, settings: QUERY_SETTINGS },
      );
      if (rows.length === 0) throw notFound(`no incident ${params.id}`);
      const last = toIncidentEvent(rows[0]);
      const { revision } = last;
      const { by, note } = body;
      const { id, action: name } = params;
      const { until } = mute;
      const action: OperatorAction = { tenant, incidentId: id, action: name, by, note, at, until };
      const reason = misfit(action, last);
      if (reason !== undefined) throw new ApiError(409, 'conflict', reason);
      try {
        await operators.write(last, action);
      } catch (error) {
        log.warn({ err: error, action }, "an operator's action could not be written");
        reply.header('retry-after', 2);
        throw new ApiError(
          503,
          'unavailable',
          'Kafka does not answer, and may have it or not: look at the incident, or send it again (which has no effect ' +
            'twice, but that a mute by minutes counts from then)',
        );
      }
      reply.code(202);
      const end = until === 0 ? null : isoOf(until);
      return { incidentId: id, action: name, by, note, at: isoOf(at), until: end, revision };
    },
  );
}
