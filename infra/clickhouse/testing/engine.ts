/** A ClickHouse for an integration test: a fresh embedded engine, or the real server of ATI_TEST_CLICKHOUSE_URL. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ClickHouseClient, type ClickHouseClientConfigOptions, createClient } from '@clickhouse/client';
import { spawnEngine } from '../embedded/spawn.ts';

export interface TestClickHouse {
  readonly url: string;
  /** False on a real server. */
  readonly embedded: boolean;
  /** Exists, is empty, and is this test file's own. */
  readonly database: string;
  /** An unmodified client in that database; closed with the rest. */
  client(options?: ClickHouseClientConfigOptions): ClickHouseClient;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export async function testClickHouse(): Promise<TestClickHouse> {
  const given = process.env.ATI_TEST_CLICKHOUSE_URL;
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'ati-clickhouse-'));
  const engine = given ? undefined : await spawnEngine({ dataDir });
  const url = given ?? (engine?.url as string);
  const database = `test_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
  const clients: ClickHouseClient[] = [];
  const client = (options: ClickHouseClientConfigOptions = {}) => {
    const made = createClient({ url, database, log: { level: 127 }, ...options });
    clients.push(made);
    return made;
  };
  const bare = client({ database: 'default' });
  await bare.command({ query: `CREATE DATABASE ${database}` });
  return {
    url,
    embedded: engine !== undefined,
    database,
    client,
    async stop() {
      if (given) await bare.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
      await Promise.all(clients.map((each) => each.close()));
      await engine?.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A request that no client library has shaped. */
export async function post(
  url: string,
  params: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer> = '',
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`${url}/?${new URLSearchParams(params)}`, { method: 'POST', body, headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}
