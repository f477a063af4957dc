/** For tests: the sink and the API as the processes they are. */
import { fileURLToPath } from 'node:url';
import { freePort } from '#infra/ports.ts';
import { type ForkedProcess, forkProcess } from '#infra/testing/fork.ts';

const MAINS = {
  sink: { file: './main.ts', port: 'ATI_SINK_PORT' },
  api: { file: './api/main.ts', port: 'ATI_API_PORT' },
} as const;

export interface TestProcess extends ForkedProcess {
  readonly url: string;
}

export async function startProcess(
  name: keyof typeof MAINS,
  env: Readonly<Record<string, string>>,
): Promise<TestProcess> {
  const main = MAINS[name];
  const port = String(await freePort());
  const file = fileURLToPath(new URL(main.file, import.meta.url));
  const forked = forkProcess(file, {
    ...process.env,
    ATI_LOG_LEVEL: 'warn',
    [main.port]: port,
    ...env,
  });
  return { ...forked, url: `http://127.0.0.1:${port}` };
}
