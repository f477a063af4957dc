/** Looks at a running installation from outside: /proc of each process, and /metrics where it has them. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Config } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import { sizeOf } from '#infra/stack/reset/size.ts';
import type { ServiceName } from '#infra/stack/services.ts';
import type { Stack } from '#infra/stack/stack.ts';
import type { Measure } from './bounds.ts';

/** Of one moment. */
export interface Sample {
  /** Minutes from the start of the load. */
  readonly minute: number;
  readonly services: Readonly<Partial<Record<ServiceName, Partial<Record<Measure, number>>>>>;
  /** Bytes of the data directory. */
  readonly dataBytes: number;
  /** Greatest age of what holds a committed offset back, ms. */
  readonly floorAgeMs: number;
}

const METRICS_PORTS: Partial<Record<ServiceName, keyof Config>> = {
  sink: 'ATI_SINK_PORT',
  processor: 'ATI_PROCESSOR_PORT',
  ingest: 'ATI_INGEST_PORT',
  api: 'ATI_API_PORT',
};
const MIB = 1 << 20;

export async function sample(stack: Stack, config: Config, minute: number): Promise<Sample> {
  const services: Partial<Record<ServiceName, Partial<Record<Measure, number>>>> = {};
  let floorAgeMs = 0;
  for (const { name } of stack.services) {
    const measured: Partial<Record<Measure, number>> = await ofProcess(stack.pid(name));
    const port = METRICS_PORTS[name];
    if (port !== undefined) {
      const text = await scrape(urlOf(config, Number(config[port]), '/metrics'));
      measured.heap = sum(text, 'nodejs_heap_size_used_bytes') / MIB;
      measured.handles = sum(text, 'nodejs_active_handles_total');
      if (text.includes('ati_consumer_lag_records{')) measured.lag = sum(text, 'ati_consumer_lag_records');
      floorAgeMs = Math.max(floorAgeMs, ...values(text, 'ati_floor_age_ms'));
    }
    services[name] = measured;
  }
  return { minute, services, floorAgeMs, dataBytes: (await sizeOf(config.ATI_DATA_DIR)).bytes };
}

async function ofProcess(pid: number): Promise<{ rss: number; files: number; threads: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { rss: field('VmRSS') / 1024, files: await openFiles(pid), threads: field('Threads') };
}

/** ClickHouse opens three of these for each of its threads at that thread's first query, and closes them at its end. */
const OF_A_THREAD = /^\/proc\/\d+\/task\/\d+\/(stat|schedstat|io)$/;

/** Without those that come with a thread: threads are counted themselves, and a pool's come to work one by one. */
async function openFiles(pid: number): Promise<number> {
  const targets = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) =>
      // Closed between the two looks.
      readlink(`/proc/${pid}/fd/${fd}`).catch(() => undefined),
    ),
  );
  return targets.filter((target) => target !== undefined && !OF_A_THREAD.test(target)).length;
}

async function scrape(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

/** The values of every series of a metric in Prometheus's text format. */
export function values(text: string, metric: string): number[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${metric} `) || line.startsWith(`${metric}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
}

function sum(text: string, metric: string): number {
  return values(text, metric).reduce((all, value) => all + value, 0);
}
