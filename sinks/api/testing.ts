/** For tests of the API: it over a real engine, without a broker. */
import { json } from 'node:stream/consumers';
import { OPEN_ACCESS } from '#infra/access/access.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { TestDatabase } from '../testing.ts';
import { type ApiOptions, buildApi } from './app.ts';
import type { Api } from './deps.ts';
import type { OperatorLog } from './incident-actions.ts';
import type { IncidentFeed } from './stream/feed.ts';

export const NOW = 1_700_000_600_000;

const silent: IncidentFeed = {
  live: false,
  async *events() {},
};

const away: OperatorLog = {
  write: () => Promise.reject(new Error('there is no Kafka here')),
};

export function apiOver(
  { clickhouse, database }: TestDatabase,
  feed: IncidentFeed = silent,
  operators: OperatorLog = away,
  more: Partial<Pick<ApiOptions, 'access' | 'requestsPerMinute' | 'tls' | 'onRoute' | 'log'>> = {},
): Promise<Api> {
  return buildApi({
    access: OPEN_ACCESS,
    requestsPerMinute: 0,
    tls: undefined,
    clickhouse,
    database,
    topicPrefix: 'test.',
    feed,
    operators,
    now: () => NOW,
    ...more,
  });
}

export async function get(api: Api, url: string) {
  const response = await api.inject({ method: 'GET', url });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

/** Rows that ClickHouse reads, by its own count, for all statements of one answer, which must be 200. */
export async function rowsReadFor(db: TestDatabase, url: string): Promise<number> {
  let read = 0;
  const query: ClickHouse['query'] = async (sql, options = {}) => {
    const { body } = await db.clickhouse.raw(sql, 'JSON', options);
    read += ((await json(body)) as { statistics: { rows_read: number } }).statistics.rows_read;
    return db.clickhouse.query(sql, options);
  };
  const api = await apiOver({ ...db, clickhouse: { ...db.clickhouse, query } });
  try {
    const { status, body } = await get(api, url);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return read;
  } finally {
    await api.close();
  }
}
