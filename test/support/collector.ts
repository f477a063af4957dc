import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '#infra/ports.ts';
import { until } from '#infra/testing/until.ts';

/** A real OpenTelemetry Collector on free ports. */
export interface Collector {
  /** OTLP/HTTP. */
  readonly url: string;
  /** OTLP/gRPC, host:port. */
  readonly grpc: string;
  /** What it has printed. */
  output(): string;
  /** SIGTERM: it sends what it holds first. */
  stop(): Promise<void>;
}

/** A configuration of infra/otel-collector, the one that compose mounts. */
export const projectConfig = (name: 'config.yaml' | 'kafka.yaml') =>
  fileURLToPath(new URL(`../../infra/otel-collector/${name}`, import.meta.url));

/** Takes OTLP/HTTP and hands it on over gRPC, at once, to NEXT_GRPC. */
export const TO_GRPC = fileURLToPath(new URL('./collector-to-grpc.yaml', import.meta.url));

/** Starts `binary` and waits until it is healthy; rejects with what it said when it ends before. */
export async function startCollector(
  binary: string,
  config: string,
  env: Record<string, string>,
): Promise<Collector> {
  const [grpc, http, health] = [await freePort(), await freePort(), await freePort()];
  const at = (port: number) => `127.0.0.1:${port}`;
  const child = spawn(binary, ['--config', config], {
    env: { OTELCOL_GRPC: at(grpc), OTELCOL_HTTP: at(http), OTELCOL_HEALTH: at(health), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const closed = once(child, 'close');
  await until('the Collector is healthy', async () => {
    if (child.exitCode !== null) throw new Error(`the Collector ended with ${child.exitCode}: ${output}`);
    return fetch(`http://${at(health)}`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return {
    url: `http://${at(http)}`,
    grpc: at(grpc),
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await closed;
    },
  };
}
