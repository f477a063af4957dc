/** The real OpenTelemetry Collector as a peer of our sink: its Kafka receiver → its ClickHouse exporter. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '#infra/errors.ts';
import { findPeer } from '#infra/peers/find.ts';
import { freePort } from '#infra/ports.ts';
import { type Service, startProgram } from '../service.ts';
import type { Ground } from './bench.ts';
import { openNativeDoor } from './native-door.ts';
import { type Addresses, peerInput } from './variants.ts';

const BATCH_ROWS = 10_000;

/**
 * JSON is YAML. Batches are as large as our sink's. Its own table, by its own schema; acknowledged inserts. What is not said is the
 * Collector's default: offsets are committed when the batch has been queued, so before it is stored (ours: after).
 */
function config(
  { kafka, clickhouse }: Pick<Addresses, 'kafka' | 'clickhouse'>,
  { prefix, database }: Ground,
  health: number,
): unknown {
  return {
    extensions: { health_check: { endpoint: `127.0.0.1:${health}` } },
    receivers: {
      kafka: {
        brokers: [kafka],
        group_id: `${prefix}otelcol`,
        initial_offset: 'earliest',
        traces: { topics: [peerInput({ prefix })], encoding: 'otlp_proto' },
      },
    },
    processors: {
      batch: { send_batch_size: BATCH_ROWS, send_batch_max_size: BATCH_ROWS, timeout: '500ms' },
    },
    exporters: {
      clickhouse: {
        endpoint: clickhouse,
        database,
        async_insert: false,
        create_schema: true,
        compress: 'none',
        sending_queue: { enabled: true, num_consumers: 2, queue_size: 10, block_on_overflow: true },
      },
    },
    service: {
      extensions: ['health_check'],
      telemetry: { logs: { level: 'warn' }, metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['kafka'], processors: ['batch'], exporters: ['clickhouse'] } },
    },
  };
}

/** Ready when it is healthy: it has made its table by then. Throws a UserError where no Collector is built. */
export async function startCollectorSink(at: Addresses, ground: Ground): Promise<Service> {
  const program = findPeer('otelcol');
  if (program === undefined)
    throw new UserError('there is no OpenTelemetry Collector: npm run peers -- otelcol (needs Go)');
  const door = await openNativeDoor(at.clickhouse);
  const health = await freePort();
  const file = path.join(at.directory, `otelcol-sink-${health}.json`);
  await writeFile(file, JSON.stringify(config({ ...at, clickhouse: door.url }, ground, health)));
  try {
    const service = await startProgram(program, ['--config', file], {}, async () => {
      while (!(await isHealthy(health))) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    return {
      ...service,
      async stop() {
        await service.stop();
        await door.close();
      },
    };
  } catch (error) {
    await door.close();
    throw error;
  }
}

const isHealthy = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}`).then(
    ({ ok }) => ok,
    () => false,
  );
