/**
 * chdb's native addon: the ClickHouse engine in this process.
 *
 * Used below chdb's own JavaScript, because that closes a connection only when every query of the process has ended,
 * so one long query would hold all the others' connections. Never load it in a worker thread: it crashes the process.
 */
import { createRequire } from 'node:module';
import { UserError } from '#infra/errors.ts';

export type ConnectionHandle = { readonly connection: unique symbol };
export type StreamHandle = { readonly stream: unique symbol };

export interface NativeResult {
  readonly bytes: Uint8Array;
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

/** A connection runs one operation at a time; closing it in the middle of one aborts the engine. */
export interface Addon {
  CreateConnection(path: string, args: readonly string[]): ConnectionHandle;
  CloseConnection(connection: ConnectionHandle): void;
  QueryAsyncConnection(connection: ConnectionHandle, sql: string, format: string): Promise<NativeResult>;
  /** Analyses the query before it returns, on the calling thread; errors come with the first fetch. */
  StreamQuery(connection: ConnectionHandle, sql: string, format: string): StreamHandle;
  StreamFetch(stream: StreamHandle): Promise<{ done: boolean; bytes: Uint8Array; numRows: number }>;
  StreamCancel(stream: StreamHandle): void;
  /** Parses only. queryClass 0: reads; 1: writes to tables; 2: access; 3: anything else; 4: does not parse. */
  DurableClassifyAsync(
    connection: ConnectionHandle,
    sql: string,
    database: string,
  ): Promise<{ statementCount: number; queryClass: number }>;
}

/** glibc only on Linux: chdb publishes no build for musl. */
const PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': '@chdb/lib-darwin-arm64',
  'darwin-x64': '@chdb/lib-darwin-x64',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'linux-x64': '@chdb/lib-linux-x64-gnu',
};

/** Resolves a module as chdb would; throws as `require` does. */
export type Load = (packageName: string) => unknown;

function loadBesideChdb(packageName: string): unknown {
  const chdb = createRequire(import.meta.url).resolve('chdb');
  return createRequire(chdb)(packageName);
}

/** Loads the platform's addon; throws a UserError where there is none. */
export function loadAddon(
  platform = `${process.platform}-${process.arch}`,
  load: Load = loadBesideChdb,
): Addon {
  const packageName = PACKAGES[platform];
  if (packageName === undefined) throw new UserError(noBuild(platform));
  try {
    return load(packageName) as Addon;
  } catch (error) {
    const reason = error as NodeJS.ErrnoException;
    if (reason.code === 'MODULE_NOT_FOUND') throw new UserError(noBuild(platform));
    // Present but unloadable, as on musl: the loader's message says which library is missing.
    throw new UserError(`${noBuild(platform)} (${packageName} did not load: ${reason.message})`);
  }
}

function noBuild(platform: string): string {
  return `the embedded ClickHouse engine has no build for ${platform}: set CLICKHOUSE_URL`;
}
