/** Starts the embedded engine as a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '#infra/ports.ts';
import { engineEnvironment } from './environment.ts';

export interface SpawnOptions {
  /** The installation's data directory (ATI_DATA_DIR); the engine's is `clickhouse` in it. */
  readonly dataDir: string;
  readonly port?: number;
  /** More of the engine's configuration, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface SpawnedEngine {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it in order: requests finish, files are closed. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Resolves when the engine answers; throws with what it wrote on stderr when it ends before. */
export async function spawnEngine({ dataDir, port, env }: SpawnOptions): Promise<SpawnedEngine> {
  const listenOn = port ?? (await freePort());
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [], {
    env: engineEnvironment({
      ...process.env,
      ATI_DATA_DIR: dataDir,
      ATI_ENGINE_PORT: String(listenOn),
      ATI_LOG_LEVEL: 'silent',
      ...env,
    }),
    // Its own flags only: a test runner's loaders are not for it.
    execArgv: [],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000);
  });
  await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error(stderr.trim() || `the engine ended with ${child.exitCode}`))),
  ]);
  const end = (signal: NodeJS.Signals) => async () => {
    child.kill(signal);
    await exited;
  };
  return {
    url: `http://127.0.0.1:${listenOn}`,
    port: listenOn,
    pid: child.pid as number,
    stop: end('SIGTERM'),
    kill: end('SIGKILL'),
  };
}
