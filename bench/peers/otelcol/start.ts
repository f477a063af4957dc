/**
 * The real OpenTelemetry Collector as a peer of the ingest: OTLP/HTTP in, one Kafka message a trace out. Its queue is
 * off, so it answers after the broker's acknowledgement as the ingest does; acks of all, zstd at level 1 like ours.
 */
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Service, startProgram } from '#bench/harness/service.ts';
import { UserError } from '#infra/errors.ts';
import { findPeer } from '#infra/peers/find.ts';
import { MAX_MESSAGE_BYTES } from '#infra/topics.ts';

export interface CollectorOptions {
  /** host:port */
  readonly broker: string;
  readonly topic: string;
  /** Where it listens. */
  readonly port: number;
  /** GOMAXPROCS: threads that run Go code at once. */
  readonly threads: number;
  /** For its configuration. */
  readonly directory: string;
}

/** Its configuration; JSON is YAML. Everything that is not said is the Collector's own default. */
export function collectorConfig({
  broker,
  topic,
  port,
}: Omit<CollectorOptions, 'threads' | 'directory'>): unknown {
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: {
      kafka: {
        brokers: [broker],
        traces: { topic, encoding: 'otlp_proto' },
        partition_traces_by_id: true,
        producer: {
          required_acks: -1,
          compression: 'zstd',
          compression_params: { level: 1 },
          // What our topics take: a trace is one message of the Collector's, however large.
          max_message_bytes: MAX_MESSAGE_BYTES,
        },
        sending_queue: { enabled: false },
        // A broker that is slow for a moment is no failure: its retry would send the whole export again.
        timeout: '30s',
      },
    },
    service: {
      telemetry: { logs: { level: 'warn' }, metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['kafka'] } },
    },
  };
}

/** Starts a Collector; resolves when it listens. Throws a UserError where none is built. */
export async function startCollector(options: CollectorOptions): Promise<Service> {
  const program = findPeer('otelcol');
  if (program === undefined)
    throw new UserError('there is no OpenTelemetry Collector: npm run peers -- otelcol (needs Go)');
  const config = join(options.directory, `otelcol-${options.port}.json`);
  writeFileSync(config, JSON.stringify(collectorConfig(options)));
  return startProgram(program, ['--config', config], { GOMAXPROCS: String(options.threads) }, async () => {
    while (!(await listens(options.port))) await sleep(20);
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
