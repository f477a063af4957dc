/** The broker and the engine of a proof: processes of its own, which it kills, stops and starts again where they were. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import { spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import { fetchJars } from '#infra/kafka/real/jars.ts';
import { findJava } from '#infra/kafka/real/java.ts';
import { nodePid, startNode, stopNode } from '#infra/kafka/real/node.ts';
import { CACHE, freePorts } from '#infra/kafka/real/place.ts';
import { freePort } from '#infra/ports.ts';
import type { OutageOptions } from './options.ts';

/** A process that may be away. Its data stays while it is. */
export interface Core {
  readonly port: number;
  /** SIGSTOP: it accepts connections and never answers. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL, frozen or not: connections are refused from now on. */
  kill(): Promise<void>;
  /** Resolves when it serves again, on the same port and data. */
  restart(): Promise<void>;
  /** Ends it, if it runs, and removes its data. */
  close(): Promise<void>;
}

interface Spawned {
  readonly pid: number;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

type Spawn = (at: { dataDir: string; port: number }) => Promise<Spawned>;

async function core(name: string, port: number, spawn: Spawn): Promise<Core> {
  const at = { dataDir: await mkdtemp(path.join(tmpdir(), `ati-${name}-`)), port };
  let running: Spawned | undefined = await spawn(at);
  const signal = (which: NodeJS.Signals) => {
    if (running !== undefined) process.kill(running.pid, which);
  };
  // Where this process ends early (Ctrl-C): a frozen one would stay for ever, a detached one, too.
  const orphan = () => {
    signal('SIGCONT');
    signal('SIGTERM');
  };
  process.once('exit', orphan);
  return {
    port: at.port,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async kill() {
      await running?.kill();
      running = undefined;
    },
    async restart() {
      running = await spawn(at);
    },
    async close() {
      signal('SIGCONT'); // a frozen process cannot stop in order
      await running?.stop();
      running = undefined;
      process.off('exit', orphan);
      await rm(at.dataDir, { recursive: true, force: true });
    },
  };
}

export const BROKERS = ['embedded', 'kafka'] as const;
export type BrokerKind = (typeof BROKERS)[number];

/** The embedded broker, or a real Apache Kafka; `advertised`: what it names to its clients, host:port. */
export async function startBroker(
  { broker, say }: Pick<OutageOptions, 'broker' | 'say'>,
  advertised = '',
): Promise<Core> {
  if (broker === 'kafka') return startApacheKafka(advertised, say);
  const env = { ATI_BROKER_ADVERTISED: advertised };
  return core('outage-broker', await freePort(), (at) => spawnBroker({ ...at, env }));
}

async function startApacheKafka(advertised: string, say: (line: string) => void): Promise<Core> {
  const java = await findJava();
  const lib = await fetchJars(CACHE, say);
  const properties: Record<string, string> =
    advertised === '' ? {} : { 'advertised.listeners': `PLAINTEXT://${advertised}` };
  return core('outage-kafka', await freePorts(), async ({ dataDir: directory, port }) => {
    await startNode({ lib, java, directory, port, properties });
    const pid = nodePid(directory);
    if (pid === undefined) throw new Error('Kafka has gone');
    return {
      pid,
      stop: async () => void (await stopNode(directory)),
      kill: async () => void (await stopNode(directory, 'SIGKILL')),
    };
  });
}

/** An embedded ClickHouse. */
export async function startEngine(): Promise<Core> {
  return core('outage-engine', await freePort(), spawnEngine);
}
