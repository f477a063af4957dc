/** For integration tests: a processor in its own process, and what is on its topics. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Kafka } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { IncidentEvent } from '#schemas/events.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

export interface SpawnedProcessor {
  readonly pid: number;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  output(): string;
}

/** Starts `processors/main.ts` and waits until it is ready; rejects with what it said when it is not. */
export async function spawnProcessor(env: Record<string, string>): Promise<SpawnedProcessor> {
  const child = fork(MAIN, [], {
    execPath: NODE,
    execArgv: [],
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-20_000);
    });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error(`the processor stopped while starting: ${output}`))),
  ]);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    pid: child.pid!,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    output: () => output,
  };
}

/** Incident events on a topic, once each (id and revision), sorted; two with the same number must have the same bytes. */
export async function incidentsOn(
  kafka: Kafka,
  topic: string,
  partitions: number,
): Promise<{ event: IncidentEvent; hex: string }[]> {
  const once = new Map<string, { event: IncidentEvent; hex: string }>();
  for (let partition = 0; partition < partitions; partition++) {
    for await (const record of kafka.read(topic, partition, 0)) {
      const decoded = decodeAs('IncidentEvent', record.value ?? new Uint8Array());
      if (!decoded.ok) throw new Error(decoded.reason);
      const id = `${decoded.value.incidentId} ${String(decoded.value.revision).padStart(6, '0')}`;
      const hex = (record.value as Buffer).toString('hex');
      const known = once.get(id);
      if (known !== undefined && known.hex !== hex) throw new Error(`two different events are ${id}`);
      once.set(id, { event: decoded.value, hex });
    }
  }
  return [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
