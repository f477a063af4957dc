/** The broker and the engine of a proof: processes of its own, which it kills, stops and starts again where they were. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import { spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import { freePort } from '#infra/ports.ts';

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

async function core(name: string, spawn: (at: { dataDir: string; port: number }) => Promise<Spawned>) {
  const at = { dataDir: await mkdtemp(path.join(tmpdir(), `ati-${name}-`)), port: await freePort() };
  let running: Spawned | undefined = await spawn(at);
  const signal = (which: NodeJS.Signals) => {
    if (running !== undefined) process.kill(running.pid, which);
  };
  const made: Core = {
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
      await rm(at.dataDir, { recursive: true, force: true });
    },
  };
  return made;
}

/** An embedded broker; `advertised`: what it names to its clients, host:port. */
export function startBroker(advertised = ''): Promise<Core> {
  const env = { ATI_BROKER_ADVERTISED: advertised };
  return core('outage-broker', (at) => spawnBroker({ ...at, env }));
}

/** An embedded ClickHouse. */
export function startEngine(): Promise<Core> {
  return core('outage-engine', spawnEngine);
}
