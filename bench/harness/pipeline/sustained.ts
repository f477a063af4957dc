/** A minute of live load: does the pipeline keep up? */
import { text } from 'node:stream/consumers';
import { freePort } from '#infra/ports.ts';
import { until } from '#infra/testing/until.ts';
import { cpuMeter } from '../cpu.ts';
import { startNodeService } from '../service.ts';
import type { Ground, PipelineBench } from './bench.ts';
import { PARTITIONS } from './log.ts';
import { count } from './outputs.ts';
import { INPUTS, startOurs, stopAll } from './variants.ts';

/** Of one moment. */
export interface LagSample {
  /** From the start of the load. */
  readonly second: number;
  /** Spans on the log so far, and rows in ClickHouse. */
  readonly written: number;
  readonly stored: number;
  /** Records of 512 spans that the processor has not read. */
  readonly processorLag: number;
}

export interface Sustained {
  /** Spans a second that were asked for. */
  readonly rate: number;
  readonly samples: readonly LagSample[];
  /** µs of CPU a span by process. */
  readonly micros: Readonly<Record<string, number>>;
  readonly spans: number;
  /** Why it was not sustained; undefined: it was. */
  readonly fault: string | undefined;
}

/** Traces close 6 s after their last span; a bit more for the tick. */
const TAIL_SECONDS = 15;
const WARM_RATE = 5_000;
const WARM_SECONDS = 10;
/** What a batch and a poll take: less than so many seconds of load behind is no lag. */
const NO_LAG_SECONDS = 2;

/** Runs `seconds` at `rate` on fresh topics and a fresh database, warmed up at a low rate. */
export function sustain(
  bench: PipelineBench,
  rate: number,
  seconds: number,
  progress: (text: string) => void,
): Promise<Sustained> {
  return bench.onGround(async (ground) => {
    const ports = { processor: await freePort(), sink: await freePort() };
    const services = {
      sink: await startOurs('sink', bench.at, ground, { ATI_SINK_PORT: String(ports.sink) }),
      processor: await startOurs('processor', bench.at, ground, {
        ATI_PROCESSOR_PORT: String(ports.processor),
      }),
    };
    try {
      progress(`${rate} spans/s: warming up`);
      const warm = await generate(bench, ground, WARM_RATE, WARM_SECONDS, 0);
      await warm.done;
      await warm.service.stop();
      await until('the warm-up is stored', async () => (await rows(ground)) >= warm.written());

      const load = await generate(bench, ground, rate, seconds, TAIL_SECONDS);
      const all = { ...services, generator: load.service };
      const died = Promise.race(Object.values(all).map((each) => each.died));
      try {
        const meter = cpuMeter<string>({
          ...Object.fromEntries(Object.entries(all).map(([name, { pid }]) => [name, pid])),
          broker: bench.broker.pid,
          engine: bench.engine.pid,
        });
        const samples: LagSample[] = [];
        const started = performance.now();
        const elapsed = () => (performance.now() - started) / 1000;
        while (elapsed() < seconds) {
          const untilNext = 1_000 - ((elapsed() * 1000) % 1_000);
          await Promise.race([new Promise((resolve) => setTimeout(resolve, untilNext)), died]);
          const sample = {
            // Before the others: what comes in the meantime is none of theirs.
            second: elapsed(),
            written: load.written(),
            stored: (await rows(ground)) - warm.written(),
            processorLag: await lagOf(ports.processor, 'spans'),
          };
          samples.push(sample);
          progress(
            `${rate} spans/s: ${sample.second.toFixed(0)} s, ${sample.written} written, ${sample.stored} stored`,
          );
        }
        await Promise.race([load.done, died]);
        const spans = load.written();
        const wanted = warm.written() + spans;
        await Promise.race([until('every span is stored', async () => (await rows(ground)) >= wanted), died]);
        const cpu = meter.read();
        const micros = Object.fromEntries(
          Object.entries(cpu).map(([name, ms]) => [name, (ms * 1000) / spans]),
        );
        return { rate, samples, micros, spans, fault: faultOf(rate, samples) };
      } finally {
        await load.service.stop();
      }
    } finally {
      await stopAll(services);
    }
  });
}

const rows = ({ clickhouse }: Ground): Promise<number> => count(clickhouse, 'otel_traces');

/** Starts the generator; `written`: spans that the log has acknowledged. */
async function generate(
  bench: PipelineBench,
  ground: Ground,
  rate: number,
  seconds: number,
  tailSeconds: number,
) {
  let written = 0;
  const finished = Promise.withResolvers<void>();
  const service = await startNodeService({
    name: 'generator',
    file: 'bench/harness/generator/main.ts',
    env: {
      KAFKA_BROKERS: bench.at.kafka,
      BENCH_TOPIC: INPUTS.ati.topic(ground),
      BENCH_RATE: String(rate),
      BENCH_SECONDS: String(seconds),
      BENCH_PARTITIONS: String(PARTITIONS),
      BENCH_TAIL_SECONDS: String(tailSeconds),
    },
    onMessage(message) {
      const told = message as { written?: number; done?: boolean };
      if (told.written !== undefined) written = told.written;
      if (told.done) finished.resolve();
    },
  });
  return { service, done: Promise.race([finished.promise, service.died]), written: () => written };
}

/** Records of this topic that the process has not read, by its own metrics. */
async function lagOf(port: number, topic: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const body = response.body === null ? '' : await text(response.body);
  const lines = body.split('\n').filter((line) => line.startsWith('ati_consumer_lag_records{'));
  return lines
    .filter((line) => line.includes(`ati.${topic}"`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/**
 * Sustained: the generator kept its rate, and neither stage was further behind in the last third than in the one before, by more
 * than what a batch takes.
 */
export function faultOf(rate: number, samples: readonly LagSample[]): string | undefined {
  const third = Math.floor(samples.length / 3);
  const mean = (from: number, to: number, of: (sample: LagSample) => number) => {
    const part = samples.slice(from, to);
    return part.reduce((sum, sample) => sum + of(sample), 0) / part.length;
  };
  const last = samples[samples.length - 1];
  const behind = last.second * rate - last.written;
  if (behind > NO_LAG_SECONDS * rate)
    return `the generator was ${Math.round(behind)} spans behind after ${Math.round(last.second)} s`;
  const lags: readonly [string, (sample: LagSample) => number][] = [
    ['the sink', ({ written, stored }) => written - stored],
    ['the processor', ({ processorLag }) => processorLag * 512],
  ];
  for (const [name, lag] of lags) {
    const [before, end] = [mean(third, 2 * third, lag), mean(samples.length - third, samples.length, lag)];
    if (end - before > NO_LAG_SECONDS * rate)
      return `the lag of ${name} grew from ${Math.round(before)} to ${Math.round(end)} spans`;
  }
  return undefined;
}
