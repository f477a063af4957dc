/** For tests: the sink and the API as the processes they are. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const MAINS = {
  sink: { file: './main.ts', port: 'ATI_SINK_PORT' },
  api: { file: './api/main.ts', port: 'ATI_API_PORT' },
} as const;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface TestProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** Resolves when it says that it is ready; rejects with what it wrote when it ends before. */
  readonly ready: Promise<void>;
  /** Exit code (null: by a signal) and standard error. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  kill(): Promise<void>;
}

export async function startProcess(
  name: keyof typeof MAINS,
  env: Readonly<Record<string, string>>,
): Promise<TestProcess> {
  const main = MAINS[name];
  const port = await freePort();
  const child = fork(fileURLToPath(new URL(main.file, import.meta.url)), [], {
    execArgv: [],
    env: { ...process.env, ATI_LOG_LEVEL: 'warn', [main.port]: String(port), ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  const ready = Promise.race([
    once(child, 'message').then(() => undefined),
    ended.then(({ code }) => Promise.reject(new Error(`${name} ended with ${code}: ${stderr}`))),
  ]);
  // Whoever waits for the end only does not look at it.
  ready.catch(() => undefined);
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    ready,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
