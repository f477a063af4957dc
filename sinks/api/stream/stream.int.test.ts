import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { OPEN_ACCESS } from '#infra/access/access.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { hex, incidentEvent } from '../../testing.ts';
import {
  eventually,
  PARTITIONS,
  record,
  silentLog,
  startBroker,
  type TestBroker,
} from '../../testing-broker.ts';
import { buildApi } from '../app.ts';
import type { Api } from '../deps.ts';
import { TopicOperatorLog } from '../incident-actions.ts';
import { TopicFeed } from './feed.ts';

let broker: TestBroker;
let api: Api;
let url: string;
const stop = new AbortController();
const clients: AbortController[] = [];

/** The stream asks no database. */
const noDatabase = { ping: async () => true } as unknown as ClickHouse;

function startApi(feed: TopicFeed): Promise<Api> {
  const operators = new TopicOperatorLog(broker.kafka, broker.topic('signals'));
  return buildApi({
    access: OPEN_ACCESS,
    requestsPerMinute: 0,
    tls: undefined,
    clickhouse: noDatabase,
    database: 'none',
    topicPrefix: '',
    feed,
    operators,
    now: Date.now,
  });
}

beforeAll(async () => {
  broker = await startBroker();
  const feed = new TopicFeed(broker.kafka, broker.topic('incidents'), silentLog);
  void feed.run(stop.signal, 20);
  await eventually(
    () => feed.live,
    (live) => live,
  );
  api = await startApi(feed);
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}/v1/incidents/stream`;
});
afterEach(() => {
  for (const client of clients.splice(0)) client.abort();
});
afterAll(async () => {
  await api?.close();
  stop.abort();
  await broker?.stop();
});

interface Message {
  readonly id?: string;
  readonly event?: string;
  readonly data: { incidentId: string; revision: number; state: string; kind: string };
}

async function connect(query = '', headers: Record<string, string> = {}, from = url) {
  const abort = new AbortController();
  clients.push(abort);
  const response = await fetch(`${from}${query}`, { headers, signal: abort.signal });
  const messages: Message[] = [];
  let text = '';
  let ended = false;
  const read = async () => {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block
            .split('\n')
            .filter((line) => !line.startsWith(':'))
            .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
        );
        if (fields.data) messages.push({ ...fields, data: JSON.parse(fields.data) });
      }
    }
  };
  const reading = read().then(
    () => (ended = true),
    () => (ended = true),
  );
  return {
    response,
    messages,
    ids: () => messages.map(({ data }) => data.incidentId),
    ended: () => ended,
    disconnect: async () => {
      abort.abort();
      await reading;
    },
  };
}

let next = 0;
async function publish(count: number, more: Parameters<typeof incidentEvent>[0] = {}): Promise<string[]> {
  const events = Array.from({ length: count }, () => {
    next++;
    return incidentEvent({ incidentId: hex(next, 32), at: 1_700_000_000_000 + next, ...more });
  });
  await broker.produce(
    'incidents',
    events.map((event) => record(next++ % PARTITIONS, 'IncidentEvent', event)),
  );
  return events.map(({ incidentId }) => incidentId);
}

const all = (wanted: readonly string[]) => (ids: readonly string[]) => wanted.every((id) => ids.includes(id));

test('incidents come as they are written, named and with the id of their place', async () => {
  const witness = await connect();
  const before = await publish(2);
  await eventually(witness.ids, all(before));
  const client = await connect();
  expect(client.response.headers.get('content-type')).toMatch('text/event-stream');
  const wanted = await publish(5);
  await eventually(client.ids, all(wanted));
  expect(client.ids().filter((id) => before.includes(id))).toEqual([]);
  const [first] = client.messages;
  expect(first).toMatchObject({ event: 'incident', id: expect.stringMatching(/^\d+-\d+$/) });
  expect(first.data).toMatchObject({ state: 'open', kind: 'retry_storm' });
});

test('only what was asked for, and of no other tenant', async () => {
  const client = await connect('?kind=starvation&severity=critical');
  await publish(2);
  await publish(1, { kind: 'starvation', severity: 'critical', tenant: 'other' });
  await publish(1, { kind: 'starvation' });
  const wanted = await publish(1, { kind: 'starvation', severity: 'critical' });
  await eventually(client.ids, all(wanted));
  expect(client.ids()).toEqual(wanted);
});

test('only of incidents that nobody has muted or acknowledged, or of the others', async () => {
  const [fresh, taken] = await Promise.all([
    connect('?muted=false&acknowledged=false'),
    connect('?acknowledged=true'),
  ]);
  await publish(1, { event: 'muted', mutedUntil: Date.now() + 3_600_000 });
  const acknowledged = await publish(1, { event: 'acknowledged', acknowledgedBy: 'ann' });
  // A mute that has run out.
  const wanted = await publish(1, { mutedUntil: Date.now() - 1 });
  await eventually(fresh.ids, all(wanted));
  expect(fresh.ids()).toEqual(wanted);
  await eventually(taken.ids, all(acknowledged));
  expect(taken.ids()).toEqual(acknowledged);
});

test('with Last-Event-ID a client goes on after what it had: nothing lost, nothing twice', async () => {
  const client = await connect();
  const early = await publish(4);
  await eventually(client.ids, all(early));
  await client.disconnect();
  const missed = await publish(6);
  const resumed = await connect('', { 'last-event-id': client.messages.at(-1)!.id! });
  const later = await publish(3);
  await eventually(resumed.ids, all([...missed, ...later]));
  expect(resumed.ids().sort()).toEqual([...missed, ...later].sort());
});

test('a process that did not see the last event reads it from the log', async () => {
  const client = await connect();
  await publish(3);
  const [last] = await publish(1);
  await eventually(client.ids, all([last]));
  const position = client.messages.find(({ data }) => data.incidentId === last)!.id!;
  const missed = await publish(6);
  const feed = new TopicFeed(broker.kafka, broker.topic('incidents'), silentLog);
  const ending = new AbortController();
  const fresh = await startApi(feed);
  try {
    void feed.run(ending.signal, 20);
    await eventually(
      () => feed.live,
      (live) => live,
    );
    await fresh.listen({ host: '127.0.0.1', port: 0 });
    const at = `http://127.0.0.1:${(fresh.server.address() as AddressInfo).port}/v1/incidents/stream`;
    const resumed = await connect(`?lastEventId=${position}`, {}, at);
    const later = await publish(2);
    await eventually(resumed.ids, all([...missed, ...later]));
    const places = resumed.messages.map(({ id }) => id);
    expect(places).not.toContain(position);
    expect(new Set(places).size).toBe(places.length);
  } finally {
    await fresh.close();
    ending.abort();
  }
});

test.each(['x', '1', '1-', '-1-2', '1-2-3', '1-2 OR 1'])(
  'Last-Event-ID %j is told what is wrong',
  async (id) => {
    const response = await fetch(url, { headers: { 'last-event-id': id } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'bad_request', message: 'last-event-id: must be the id of an event of this stream' },
    });
  },
);

test('a client that reads nothing is cut with a word, and the others go on', async () => {
  const other = await connect();
  const got: string[] = [];
  const slow = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    httpRequest(url, resolve).on('error', reject).end();
  });
  slow.pause();
  // More than sockets and queue hold.
  const explanation = 'x'.repeat(16 << 10);
  let last: string[] = [];
  for (let i = 0; i < 40; i++) last = await publish(50, { explanation });
  await eventually(other.ids, all(last));
  slow.setEncoding('utf8').on('data', (text: string) => got.push(text));
  slow.resume();
  await eventually(
    () => got.join('').slice(-300),
    (tail) => tail.includes('event: cut') && tail.includes('slow_client'),
  );
  await other.disconnect();
  slow.destroy();
});

test('closing the API ends its streams', async () => {
  const client = await connect();
  const closing = api.close();
  await eventually(client.ended, (ended) => ended);
  await closing;
});
