import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../ports.ts';

export interface SpawnOptions {
  /** ATI_DATA_DIR of the broker: its files are in `kafka/` under it. */
  readonly dataDir: string;
  /** 0 or undefined: a free one below 32768, where no outgoing connection takes it in the meantime. */
  readonly port?: number;
  /** More environment for the broker (ATI_BROKER_FSYNC …). */
  readonly env?: Readonly<Record<string, string>>;
}

export interface SpawnedBroker {
  readonly brokers: string[];
  readonly port: number;
  readonly pid: number;
  /** SIGTERM, and waits until the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const PORT_ATTEMPTS = 5;

/** Starts an embedded broker in its own process and waits until it is ready. Rejects with what it said when it is not. */
export async function spawnBroker({ dataDir, port, env }: SpawnOptions): Promise<SpawnedBroker> {
  if (port) return start(dataDir, port, env);
  for (let attempt = 1; ; attempt++) {
    const free = await freePort();
    try {
      return await start(dataDir, free, env);
    } catch (error) {
      // Somebody may have taken the port in the moment between.
      if (attempt === PORT_ATTEMPTS || !String(error).includes(`port ${free} is in use`)) throw error;
    }
  }
}

async function start(dataDir: string, port: number, env: SpawnOptions['env']): Promise<SpawnedBroker> {
  const child = fork(MAIN, [], {
    execPath: nodePath(),
    execArgv: [],
    env: { ...process.env, ...env, ATI_DATA_DIR: dataDir, ATI_BROKER_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  const output = tailOf(child);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('message', () => resolve());
    exited.then(([code, signal]) => {
      reject(new Error(`the embedded broker stopped while starting (${code ?? signal}): ${output()}`));
    }, reject);
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return {
    brokers: [`127.0.0.1:${port}`],
    port,
    pid: child.pid!,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** Why it stopped: the last that it printed on standard error, or else on standard output. */
function tailOf(child: ChildProcess): () => string {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      texts[name] = (texts[name] + chunk.toString('utf8')).slice(-8192);
    });
  }
  return () => texts.stderr.trim() || texts.stdout.trim();
}

/** A Node that runs TypeScript: this process's own, or the one that npm has installed for the project. */
function nodePath(): string {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  return fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
}
