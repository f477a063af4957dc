/**
 * The engine's environment. ClickHouse reads some of it (credentials of object stores, proxies), and libuv's pool
 * has too few threads for queries that run side by side, so the process starts by making its environment its own,
 * whoever has started it.
 */
import { THREAD_POOL_SIZE } from './options.ts';

const KEPT = /^(ATI_\w+|CLICKHOUSE_\w+|NODE_CHANNEL_\w+|PATH|HOME|TMPDIR|TZ|LANG|LC_\w+)$/;

/** The variables of `env` that an engine process may see. */
export function engineEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => KEPT.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

/** Changes this process's environment, also for the engine's getenv; before the first use of libuv's pool. */
export function takeEnvironment(env: NodeJS.ProcessEnv): void {
  const kept = engineEnvironment(env);
  for (const name of Object.keys(env)) if (!(name in kept)) delete env[name];
  env.UV_THREADPOOL_SIZE = String(THREAD_POOL_SIZE);
}
