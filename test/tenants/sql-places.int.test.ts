/** How many statements of tenants run at once, and that one whose client has gone leaves its place. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import type { Api } from '../../sinks/api/deps.ts';
import { apiOver } from '../../sinks/api/testing.ts';
import { startDatabase, type TestDatabase } from '../../sinks/testing.ts';
import { TOKENS, token } from './access.ts';

/** Ends with its client, or at the limit of time. */
const LONG = 'SELECT max(cityHash64(toString(number))) FROM numbers(1000000000000)';

let db: TestDatabase;
let api: Api;
let url: string;
beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db, undefined, undefined, { access: TOKENS });
  url = `${await api.listen({ host: '127.0.0.1', port: 0 })}/v1/sql`;
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

async function ask(tenant: string, query: string, signal?: AbortSignal) {
  const headers = { ...token(tenant, 'read'), 'content-type': 'application/json' };
  const body = JSON.stringify({ query });
  const answer = await fetch(url, { method: 'POST', headers, body, ...(signal && { signal }) });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: await answer.json() };
}
const short = async (tenant: string) => (await ask(tenant, 'SELECT 1')).status;

/** Takes a place until the client has gone, asking again while there is none. */
async function occupy(tenant: string, client: AbortSignal): Promise<void> {
  try {
    while ((await ask(tenant, LONG, client)).status === 429);
  } catch (error) {
    if (!client.aborted) throw error;
  }
}

test('three of one tenant, which leaves room for another; four in all; clients that have gone leave theirs', async () => {
  const clients = new AbortController();
  const running = [1, 2, 3].map(() => occupy('one', clients.signal));
  await until('three run', async () => (await short('one')) === 429);
  expect(await short('two')).toBe(200);
  running.push(occupy('two', clients.signal));
  await until('four run', async () => (await short('two')) === 429);
  expect(await ask('three', 'SELECT 1')).toEqual({
    status: 429,
    retryAfter: '1',
    body: { error: { code: 'busy', message: '4 statements are running already' } },
  });

  clients.abort();
  await Promise.all(running);
  await until('there is room again', async () => (await short('one')) === 200);
});
