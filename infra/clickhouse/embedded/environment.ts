/**
 * The engine's environment. ClickHouse reads some of it (credentials of object stores, proxies), and libuv's pool
 * has too few threads for queries that run side by side, so the process starts by making its environment minimal.
 */
import { THREAD_POOL_SIZE } from './options.ts';

const KEPT = /^(ATI_\w+|CLICKHOUSE_\w+|NODE_CHANNEL_\w+|PATH|HOME|TMPDIR|TZ|LANG|LC_\w+)$/;

/** The variables of `env` that an engine process may see, with the size of its thread pool. */
export function engineEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => KEPT.test(entry[0]) && entry[1] !== undefined,
  );
  return { ...Object.fromEntries(kept), UV_THREADPOOL_SIZE: String(THREAD_POOL_SIZE) };
}

/** Takes the other variables out of this process, the engine's included (it calls getenv). */
export function scrubEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (!(name in engineEnvironment(env))) delete env[name];
}
