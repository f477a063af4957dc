/** ClickHouse's engine of a case. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { freePort } from '#infra/ports.ts';
import type { BenchContext } from './case.ts';
import { cpuMs } from './cpu.ts';
import { startNodeService } from './service.ts';

export interface BenchEngine {
  readonly url: string;
  readonly pid: number;
  cpuMs(): number;
  /** Of this database; call `close` on it. The database need not exist yet. */
  connect(database?: string): ClickHouse;
  stop(): Promise<void>;
}

let engines = 0;

/** A fresh, empty embedded engine; its data lie in the case's directory. */
export async function startEngine(context: Pick<BenchContext, 'directory'>): Promise<BenchEngine> {
  const directory = path.join(context.directory, `engine-${++engines}`);
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const { pid, stop } = await startNodeService({
    file: 'infra/clickhouse/embedded/main.ts',
    name: 'engine',
    env: { ATI_DATA_DIR: directory, ATI_ENGINE_PORT: String(port), ATI_LOG_LEVEL: 'silent' },
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    pid,
    cpuMs: () => cpuMs(pid),
    connect: (database = 'default') => connectClickHouse({ url, database }),
    stop,
  };
}
