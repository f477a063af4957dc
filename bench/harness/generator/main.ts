/**
 * A live load: the corpus on ati.spans at a steady rate, log time as the wall's, until the time is over; then ticks go on. Started by
 * `end-to-end`; its messages: `ready` when it writes, then `{ written }`, the spans that the log has acknowledged.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { spanLog } from '#bench/corpus/span-log.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { createLog } from '#infra/log.ts';

export interface GeneratorEnv {
  readonly KAFKA_BROKERS: string;
  readonly BENCH_TOPIC: string;
  readonly BENCH_RATE: string;
  readonly BENCH_SECONDS: string;
  readonly BENCH_PARTITIONS: string;
  /** Seconds of ticks behind the last span. */
  readonly BENCH_TAIL_SECONDS: string;
}

const SLICE_MS = 50;
const SPANS_A_TRACE = 25.6;

if (import.meta.main) await main(process.env as unknown as GeneratorEnv);

async function main(env: GeneratorEnv): Promise<void> {
  const rate = Number(env.BENCH_RATE);
  const kafka = await connectKafka({
    brokers: env.KAFKA_BROKERS.split(','),
    clientId: 'bench-generator',
    log: createLog('generator', 'warn'),
  });
  const producer = await kafka.producer({ compression: 'zstd' });
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
  let written = 0;
  let waiting: OutgoingRecord[] = [];
  let spans = 0;
  let sliceEnds = 0;
  const flush = async () => {
    const [records, count] = [waiting, spans];
    waiting = [];
    spans = 0;
    if (records.length > 0) await producer.send(env.BENCH_TOPIC, records);
    written += count;
    process.send?.({ written });
  };
  for (const record of spanLog({
    seed: 8,
    traces: Math.round((rate * Number(env.BENCH_SECONDS)) / SPANS_A_TRACE),
    partitions: Number(env.BENCH_PARTITIONS),
    startMs: Date.now(),
    spansPerSecond: rate,
    tailMs: Number(env.BENCH_TAIL_SECONDS) * 1000,
  })) {
    // Nothing is sent before its time; what is late goes at once.
    if (record.receivedAt > sliceEnds) {
      await flush();
      sliceEnds = Math.max(record.receivedAt, Date.now()) + SLICE_MS;
      const ahead = record.receivedAt - Date.now();
      if (ahead > 0) await wait(ahead);
    }
    waiting.push({ partition: record.partition, value: record.value });
    spans += record.spans;
  }
  await flush();
  await producer.close();
  process.send?.({ done: true, written });
  // Its CPU is read by whoever has started it, who ends it too.
  setInterval(() => undefined, 60_000);
}
