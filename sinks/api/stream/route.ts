import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { IncidentEvent } from '#schemas/events.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { ApiError, errorBody } from '../errors.ts';
import { toIncidentJson } from '../incident-json.ts';
import { flag, kind, severity } from '../parameters.ts';
import { SlowClientError } from './client-queue.ts';
import type { EventId } from './feed.ts';

/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;
/** Retry-After where too many are open. */
const BUSY_S = 30;
/** A stream outlives neither its token nor the scope: how often it is asked. */
const ASK_ACCESS_MS = 1_000;
/** So long a client that was cut may take to read why. */
const CUT_MS = 10_000;
/** Open at once: a tenant cannot take all connections that the process may have. */
export const MAX_STREAMS_OF_TENANT = 100;

const eventId = z
  .string()
  .regex(/^\d{1,9}-\d{1,15}$/, 'must be the id of an event of this stream')
  .transform((text): EventId => {
    const [partition, offset] = text.split('-').map(Number);
    return { partition, offset };
  });

const query = z.strictObject({
  kind: kind.optional(),
  severity: severity.optional(),
  muted: flag.optional().describe('true: only events of incidents that are muted now; false: only of others'),
  acknowledged: flag
    .optional()
    .describe('true: only events of acknowledged incidents; false: only of others'),
  lastEventId: eventId.optional().describe('where to go on, for clients that cannot send the header'),
});

/** Each filter that is given; as the event says, so that an incident's `muted` event is one of a muted incident. */
function passes(wanted: z.output<typeof query>, event: IncidentEvent, now: number): boolean {
  const muted = event.mutedUntil > now;
  const acknowledged = event.acknowledgedBy !== '';
  return (
    (wanted.kind ?? event.kind) === event.kind &&
    (wanted.severity ?? event.severity) === event.severity &&
    (wanted.muted ?? muted) === muted &&
    (wanted.acknowledged ?? acknowledged) === acknowledged
  );
}

function sse(event: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Resolves when the client has taken enough of it to take more, or with the signal. */
async function write(raw: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (raw.write(text)) return;
  // Gone or given up while we waited: the caller looks at the signal.
  await once(raw, 'drain', { signal }).catch(() => undefined);
}

export function registerStream(app: Api, { access, feed, now }: ApiDeps): void {
  const open = new Map<AbortController, string>();
  // Before the server waits for its connections to end.
  app.addHook('preClose', async () => {
    for (const client of open.keys()) client.abort();
  });

  app.get(
    '/v1/incidents/stream',
    {
      config: { access: 'read' },
      schema: {
        tags: ['incidents'],
        summary: 'Incidents as they happen: server-sent events named `incident`',
        description:
          "Each event's id is `partition-offset` on ati.incidents; send the last one as Last-Event-ID to go on after " +
          'it (then an event may come twice: `incidentId` and `revision` tell). Lines that begin with a colon are heartbeats. ' +
          'A client that does not keep up, or whose token is revoked or over, gets an event named `cut` and is disconnected. ' +
          `429: ${MAX_STREAMS_OF_TENANT} are open.`,
        querystring: query,
        headers: z.object({ 'last-event-id': eventId.optional() }).loose(),
        response: { '4xx': errorBody, '5xx': errorBody },
      },
    },
    async (request, reply) => {
      if (!feed.live) {
        reply.header('retry-after', 2);
        throw new ApiError(503, 'unavailable', 'Kafka does not answer');
      }
      const after = request.headers['last-event-id'] ?? request.query.lastEventId;
      const { tenant } = request.principal;
      const own = open.values().filter((each) => each === tenant);
      if (own.reduce((sum) => sum + 1, 0) >= MAX_STREAMS_OF_TENANT)
        throw new ApiError(429, 'busy', `${MAX_STREAMS_OF_TENANT} streams are open already`, BUSY_S);
      const mayRead = () => {
        const who = access.authenticate(request.headers.authorization);
        return who.ok && who.principal.tenant === tenant && who.principal.scopes.has('read');
      };
      const wanted = (event: IncidentEvent) => passes(request.query, event, now());
      const client = new AbortController();
      open.set(client, tenant);
      reply.hijack();
      const { raw } = reply;
      const overrun = new AbortController();
      const given = AbortSignal.any([client.signal, overrun.signal]);
      raw.on('close', () => client.abort());
      raw.on('error', () => client.abort());
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      });
      const heartbeat = setInterval(() => {
        // One that is not taken yet is enough.
        if (!raw.writableNeedDrain) raw.write(': heartbeat\n\n');
      }, HEARTBEAT_MS);
      let refused = false;
      const watch = setInterval(() => {
        if (mayRead()) return;
        refused = true;
        client.abort();
      }, ASK_ACCESS_MS);
      try {
        await write(raw, `retry: ${RECONNECT_MS}\n: connected\n\n`, given);
        const items = feed.events(tenant, after, client.signal, () => overrun.abort());
        for await (const { partition, offset, event } of items) {
          if (wanted(event)) {
            await write(raw, sse('incident', toIncidentJson(event), `${partition}-${offset}`), given);
          }
        }
        if (refused)
          raw.write(
            sse('cut', { error: { code: 'unauthorized', message: 'the token is not valid any more' } }),
          );
      } catch (error) {
        const code = error instanceof SlowClientError ? 'slow_client' : 'unavailable';
        if (code === 'unavailable') request.log.warn({ err: error }, 'an incident stream broke');
        raw.write(sse('cut', { error: { code, message: 'reconnect with Last-Event-ID to go on' } }));
      } finally {
        clearInterval(heartbeat);
        clearInterval(watch);
        open.delete(client);
        raw.end();
        // One that reads nothing would never take the end.
        setTimeout(() => raw.destroy(), CUT_MS).unref();
      }
    },
  );
}
