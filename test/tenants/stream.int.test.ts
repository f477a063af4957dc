/** GET /v1/incidents/stream with tokens, over a real broker: a tenant hears of its own incidents alone. */
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Access } from '#infra/access/access.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { Api } from '../../sinks/api/deps.ts';
import { TopicFeed } from '../../sinks/api/stream/feed.ts';
import { MAX_STREAMS_OF_TENANT } from '../../sinks/api/stream/route.ts';
import { apiOver } from '../../sinks/api/testing.ts';
import {
  eventually,
  PARTITIONS,
  record,
  silentLog,
  startBroker,
  type TestBroker,
} from '../../sinks/testing-broker.ts';
import { TOKENS, token } from './access.ts';
import { canaryOf, incidentOf } from './data.ts';

let broker: TestBroker;
let clickhouse: ClickHouse;
let api: Api;
let url: string;
const stop = new AbortController();
/** Tenants whose tokens are not valid any more. */
const revoked = new Set<string>();

beforeAll(async () => {
  broker = await startBroker();
  // The stream asks no database: nobody listens on the discard port.
  clickhouse = connectClickHouse({ url: 'http://127.0.0.1:9' });
  const feed = new TopicFeed(broker.kafka, broker.topic('incidents'), silentLog);
  void feed.run(stop.signal, 20);
  await eventually(
    () => feed.live,
    (live) => live,
  );
  const database = { clickhouse, url: '', database: 'none', stop: async () => {} };
  const access: Access = {
    required: true,
    authenticate(authorization) {
      const who = TOKENS.authenticate(authorization);
      return who.ok && revoked.has(who.principal.tenant) ? { ok: false, reason: 'revoked' } : who;
    },
  };
  api = await apiOver(database, feed, undefined, { access });
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}/v1/incidents/stream`;
});
afterAll(async () => {
  stop.abort();
  await api?.close();
  await clickhouse?.close();
  await broker?.stop();
});

let revision = 0;
/** On each partition one; the marker that they all bear. */
async function publish(tenant: string): Promise<string> {
  revision++;
  const note = `${canaryOf(tenant)} ${revision}`;
  const events = Array.from({ length: PARTITIONS }, (_, partition) =>
    record(partition, 'IncidentEvent', incidentOf(tenant, { note, revision })),
  );
  await broker.produce('incidents', events);
  return note;
}

async function listen(tenant: string, lastEventId?: string) {
  const abort = new AbortController();
  const headers = { ...token(tenant, 'read'), ...(lastEventId && { 'last-event-id': lastEventId }) };
  const response = await fetch(url, { headers, signal: abort.signal });
  let heard = '';
  const reading = (async () => {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) heard += piece;
  })().catch(() => undefined);
  await eventually(
    () => heard,
    (text) => text.includes(': connected'),
  );
  return {
    headers: response.headers,
    heard: () => heard,
    ended: reading,
    /** Until every partition's event of this marker has come. */
    has: (marker: string) =>
      eventually(
        () => heard.split(`"note":"${marker}"`).length - 1,
        (count) => count === PARTITIONS,
      ),
    end: async () => {
      abort.abort();
      await reading;
    },
  };
}

const idsOf = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);

test('live: each hears its own', async () => {
  const [alpha, beta] = await Promise.all([listen('alpha'), listen('beta')]);
  const [a, b] = [await publish('alpha'), await publish('beta')];
  await Promise.all([alpha.has(a), beta.has(b)]);
  // What comes after on the same partitions has come: nothing of the other is on its way any more.
  const again = await publish('alpha');
  await alpha.has(again);
  expect(alpha.heard()).not.toContain(canaryOf('beta'));
  expect(beta.heard()).not.toContain(canaryOf('alpha'));
  expect(alpha.headers.get('cache-control')).toMatch('no-store');
  expect(alpha.headers.get('content-security-policy')).toMatch("default-src 'none'");
  await Promise.all([alpha.end(), beta.end()]);
});

test('Last-Event-ID of another tenant’s event is like one of no event', async () => {
  const witness = await listen('beta');
  await witness.has(await publish('beta'));
  const [foreign] = idsOf(witness.heard());
  await witness.end();
  const before = await listen('alpha');
  const own = await publish('alpha');
  // Handed out: whoever connects now has missed it.
  await before.has(own);
  await before.end();
  const alpha = await listen('alpha', foreign);
  const live = await publish('alpha');
  await alpha.has(live);
  expect(alpha.heard()).not.toContain(canaryOf('beta'));
  // Its partition is gone on with; of the others, whose place only the event's time would say, nothing came.
  const partition = foreign.split('-')[0];
  const missed = alpha
    .heard()
    .split('\n\n')
    .filter((block) => block.includes(`"note":"${own}"`));
  expect(missed.flatMap(idsOf).map((id) => id.split('-')[0])).toEqual([partition]);
  await alpha.end();
});

test('a stream ends within seconds of its token, and hears nothing that comes after', async () => {
  const [alpha, beta] = await Promise.all([listen('alpha'), listen('beta')]);
  revoked.add('alpha');
  await eventually(
    () => alpha.heard(),
    (text) => text.includes('event: cut\ndata: {"error":{"code":"unauthorized"'),
  );
  await alpha.ended;
  const [late, heard] = [await publish('alpha'), await publish('beta')];
  await beta.has(heard);
  expect(alpha.heard()).not.toContain(late);
  revoked.clear();
  await beta.end();
});

test('without a token, or with one of another scope, there is no stream', async () => {
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers: token('alpha', 'ingest') })).status).toBe(403);
});

test('a tenant with as many streams as one may have gets no more; another does; one that ends makes room', async () => {
  const status = async () => {
    const abort = new AbortController();
    const answer = await fetch(url, { headers: token('greedy', 'read'), signal: abort.signal });
    abort.abort();
    return answer.status;
  };
  const streams = await Promise.all(Array.from({ length: MAX_STREAMS_OF_TENANT }, () => listen('greedy')));
  expect(await status()).toBe(429);
  await (await listen('modest')).end();
  await streams[0].end();
  await eventually(status, (code) => code === 200);
  await Promise.all(streams.map((stream) => stream.end()));
});
