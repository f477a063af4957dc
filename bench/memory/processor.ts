/** A real processor whose memory can be asked for after a collection of its garbage. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchContext } from '#bench/harness/case.ts';
import type { BenchBroker } from '#bench/harness/kafka.ts';
import { type Service, startNodeService } from '#bench/harness/service.ts';
import { freePort } from '#infra/ports.ts';
import { until } from '#infra/testing/until.ts';
import type { Left } from './probe.ts';

const WORKERS = 2;
/** Longer than a collection of the largest heap. */
const ASK_AGAIN_MS = 10_000;
const PROBE = new URL('./probe.ts', import.meta.url).href;

export interface MeasuredProcessor extends Service {
  /** Sums a metric over its series, by its full name. */
  metric(name: string): Promise<number>;
  /** What is left after a collection in every thread. */
  left(): Promise<Left>;
}

let started = 0;

export async function startMeasured(
  context: Pick<BenchContext, 'directory'>,
  broker: BenchBroker,
  env: Readonly<Record<string, string>>,
): Promise<MeasuredProcessor> {
  const port = await freePort();
  const file = path.join(context.directory, `memory-${++started}.jsonl`);
  const service = await startNodeService({
    file: 'processors/main.ts',
    env: {
      KAFKA_BROKERS: broker.address,
      ATI_PROCESSOR_PORT: String(port),
      ATI_DATA_DIR: context.directory,
      ATI_WORKERS: String(WORKERS),
      ATI_LOG_LEVEL: 'warn',
      ...env,
      NODE_OPTIONS: `--expose-gc --import=${PROBE}`,
      PISCINA_DISABLE_ATOMICS: '1',
      BENCH_MEMORY_FILE: file,
      BENCH_MEMORY_THREADS: String(WORKERS),
    },
  });
  const lines = async (): Promise<string[]> =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return {
    ...service,
    async metric(name) {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
      const text = await answer.text();
      const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([-+.\\de]+)$`, 'gm'))];
      return values.reduce((sum, [, value]) => sum + Number(value), 0);
    },
    async left() {
      const before = (await lines()).length;
      let asked = Number.NEGATIVE_INFINITY;
      const all = await until('the processor’s memory', async () => {
        // A worker that is still starting does not hear it.
        if (performance.now() - asked > ASK_AGAIN_MS) {
          process.kill(service.pid, 'SIGUSR2');
          asked = performance.now();
        }
        const now = await lines();
        return now.length > before && now;
      });
      return JSON.parse(all[all.length - 1]) as Left;
    },
  };
}
