/** Looks at an installation twice a second from outside: memory by /proc, the rest by /metrics. */
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Config } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import type { ServiceName } from '#infra/stack/services.ts';
import type { Stack } from '#infra/stack/stack.ts';
import { atMost, type Check } from './check.ts';

/** Of one process at one moment. MiB; metrics by name, summed over their series. */
export interface Sample {
  /** Minutes since the watch began. */
  readonly minute: number;
  readonly rss: number;
  readonly metrics: Metrics;
}

export class Metrics {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Of every series whose labels contain `label`. */
  sum(name: string, label = ''): number {
    let sum = 0;
    for (const line of this.#text.split('\n')) {
      if (!line.startsWith(`${name} `) && !line.startsWith(`${name}{`)) continue;
      if (line.includes(label)) sum += Number(line.slice(line.lastIndexOf(' ') + 1));
    }
    return sum;
  }

  get heap(): number {
    return this.sum('nodejs_heap_size_used_bytes') / MIB;
  }
}

export type Watched = 'sink' | 'processor' | 'ingest';

export interface Watch {
  readonly samples: Readonly<Record<Watched, readonly Sample[]>>;
  /** Minutes since it began. */
  now(): number;
  /** Looks that got no answer. */
  readonly missed: number;
  stop(): Promise<void>;
}

const EVERY_MS = 500;
const MIB = 1 << 20;
const PORTS = {
  sink: 'ATI_SINK_PORT',
  processor: 'ATI_PROCESSOR_PORT',
  ingest: 'ATI_INGEST_PORT',
} as const satisfies Record<Watched, keyof Config> & Partial<Record<ServiceName, keyof Config>>;

export function startWatch(stack: Stack, config: Config): Watch {
  const began = performance.now();
  const now = () => (performance.now() - began) / 60_000;
  const samples: Record<Watched, Sample[]> = { sink: [], processor: [], ingest: [] };
  const ended = new AbortController();
  let missed = 0;
  const look = async (name: Watched) => {
    const minute = now();
    try {
      const rss = await residentOf(stack.pid(name));
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(urlOf(config, config[PORTS[name]], '/metrics'), { signal });
      samples[name].push({ minute, rss, metrics: new Metrics(wanted(await response.text())) });
    } catch {
      missed++; // a check says how many may be
    }
  };
  const loop = (async () => {
    while (!ended.signal.aborted) {
      await Promise.all((Object.keys(PORTS) as Watched[]).map(look));
      await wait(EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  // Told when the watch is stopped.
  loop.catch(() => undefined);
  return {
    samples,
    now,
    get missed() {
      return missed;
    },
    async stop() {
      ended.abort();
      await loop;
    },
  };
}

async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Of a text that is kept for as long as the run takes: the lines that are asked for. */
function wanted(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) =>
      /^(nodejs_heap_size_used|nodejs_eventloop_lag_max|ati_(insert|rows_w|records_c|ingest_b))/.test(line),
    );
  return lines.filter((line) => !line.includes('_bucket')).join('\n');
}

/** A curve is no proof with holes in it. */
export function whole({ samples, missed }: Watch): Check {
  const taken = Object.values(samples).reduce((sum, each) => sum + each.length, 0);
  return atMost('looks at a process that got no answer', (missed / (missed + taken)) * 100, 2, '%');
}
