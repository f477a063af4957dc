import { Readable } from 'node:stream';
import { type ClickHouse, ClickHouseError } from '#infra/clickhouse/port.ts';
import { apiOver } from '#sinks/api/testing.ts';
import { CANARY, fuzzApi } from '../seeds/api.ts';
import { holds, type Target } from '../target.ts';

/** MEMORY_LIMIT_EXCEEDED: an answer that every route knows what to do with. */
const LIMIT = 241;

/** An engine that minds what it is asked, and answers nothing: the API's own part alone, fast. */
function mindfulEngine(): ClickHouse {
  const look = (sql: string) =>
    holds(!sql.includes(CANARY), () => `a value of the request is in the SQL: ${sql.slice(0, 200)}`);
  const refuse = (sql: string): never => {
    look(sql);
    throw new ClickHouseError('too much', LIMIT, false);
  };
  return {
    query: async (sql) => refuse(sql),
    command: async (sql) => refuse(sql),
    insert: async () => undefined,
    async raw(sql) {
      // Only the guard asks this way, with what the user wrote.
      if (!sql.startsWith('EXPLAIN AST ')) look(sql);
      return { body: Readable.from([Buffer.from('InsertQuery\n')]), contentType: 'text/plain' };
    },
    ping: async () => true,
    close: async () => undefined,
  };
}

export const target: Target = {
  name: 'api',
  about:
    'parameters and bodies of every route of the query API: never a 500, errors of the one shape, and no value of a request in the SQL',
  share: 1.5,
  quick: 200,
  async start() {
    const stop = async () => undefined;
    const api = await apiOver({ clickhouse: mindfulEngine(), database: 'ati', url: '', stop });
    // 503: there is no Kafka here, for what operators do.
    return fuzzApi(api, new Set([503]));
  },
};
