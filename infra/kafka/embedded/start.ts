import { Broker } from './broker.ts';
import { openDataDirectory } from './data-directory.ts';
import { startHousekeeping } from './housekeeping.ts';
import type { Log } from './log.ts';
import { listen } from './server/server.ts';

export interface StartOptions {
  /** The broker's own directory; made when it is not there. */
  readonly directory: string;
  /** 0: any free one. */
  readonly port: number;
  /** host:port that clients are told to connect to (a proxy's, say); '' or undefined: where it listens. */
  readonly advertised?: string;
  readonly fsync: boolean;
  readonly autoCreateTopics: boolean;
  /** Milliseconds between two looks at retention and compaction. */
  readonly housekeepingMs: number;
  readonly log: Log;
}

export interface RunningBroker {
  readonly port: number;
  /** Ends every connection and closes the files. */
  stop(): Promise<void>;
}

export type Started = { ok: true; broker: RunningBroker } | { ok: false; reason: string };

/** Opens the data directory and serves it; `reason` is one sentence for the user. */
export async function startBroker(options: StartOptions): Promise<Started> {
  const { directory, port, log } = options;
  const opened = openDataDirectory(directory);
  if (!opened.ok) return opened;
  const { clusterId, clean, release } = opened.directory;
  const broker = new Broker({ ...options, clusterId, verify: !clean });
  let server: Awaited<ReturnType<typeof listen>>;
  try {
    server = await listen(broker, port);
  } catch (error) {
    broker.close();
    release();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return { ok: false, reason: portInUse(port) };
  }
  if (options.advertised) {
    const colon = options.advertised.lastIndexOf(':');
    broker.host = options.advertised.slice(0, colon);
    broker.port = Number(options.advertised.slice(colon + 1));
  }
  log.info(
    { port: server.port, directory, topics: broker.catalog.all().length },
    'embedded Kafka broker listens',
  );
  const stopHousekeeping = startHousekeeping(broker, options.housekeepingMs);
  const stop = async (): Promise<void> => {
    await server.close();
    broker.close();
    await stopHousekeeping();
    release();
  };
  return { ok: true, broker: { port: server.port, stop } };
}

function portInUse(port: number): string {
  return (
    `port ${port} is in use by another program: set ATI_BROKER_PORT, ` +
    'or KAFKA_BROKERS to use the Kafka that is there'
  );
}
