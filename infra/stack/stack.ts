import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config.ts';
import { type Locked, lockDirectory } from '../data-lock.ts';
import { openDataVersion } from '../data-version.ts';
import { brokersOf, clickhouseUrlOf } from '../endpoints.ts';
import { messageOf, UserError } from '../errors.ts';
import { rotateLog } from './child.ts';
import { checkPorts, preflight } from './preflight.ts';
import { type Service, type ServiceName, servicesOf } from './services.ts';
import { Supervised, type SupervisorOptions } from './supervised.ts';

export interface StackOptions {
  readonly config: Config;
  /** What the services inherit; the endpoints of broker and engine are filled in. */
  readonly env: NodeJS.ProcessEnv;
  /** Start the synthetic agents too; default true. */
  readonly agents?: boolean;
  /** How many processors and sinks share the work; default 1 each. */
  readonly processors?: number;
  readonly sinks?: number;
  /** Ends the start: what is running is stopped, and the promise rejects. */
  readonly signal?: AbortSignal;
  /** Other ones than the configuration's, for tests. */
  readonly services?: readonly Service[];
  /** How long a service may take to stop before it is killed; default 30 s. */
  readonly stopDeadlineMs?: number;
  /** Called for each service at its start and when it is ready. */
  readonly progress?: (service: Service, state: 'starting' | 'ready') => void;
  readonly onDeath?: (service: Service, lastWords: string) => void;
  /** A service died too often: the installation is of no use any more. */
  readonly onGiveUp?: (error: UserError) => void;
}

/** A running installation. */
export interface Stack {
  /** Those that run, in the order in which they were started. */
  readonly services: readonly Service[];
  pid(name: ServiceName): number;
  /** Sends a signal (SIGKILL: and waits until the process is gone); the service is started again. */
  signal(name: ServiceName, signal: NodeJS.Signals): Promise<void>;
  /** Resolves when the process after the service's latest death is ready: ask before the kill. */
  back(name: ServiceName): Promise<void>;
  /** Starts one service more (`instanceOf`); resolves when it is ready, throws a UserError when it does not start. */
  add(service: Service): Promise<void>;
  /** Stops one service in order and for good; the others go on. */
  remove(name: ServiceName): Promise<void>;
  /** Stops every service in order, from the agents to the broker. */
  stop(): Promise<void>;
}

/** A service's own stages have deadlines, which leave it less than that. */
const STOP_DEADLINE_MS = 30_000;

const STOPPED = 'stopped while starting';

/** Makes the data directory and locks it; a place that cannot be written is the user's to change. */
function takeDirectory(dataDir: string, logDir: string): Locked {
  return writing(dataDir, () => {
    mkdirSync(logDir, { recursive: true });
    return lockDirectory(dataDir);
  });
}

function writing<T>(dataDir: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new UserError(
      `cannot write to ${dataDir} (${messageOf(error)}): set ATI_DATA_DIR to a folder that you may write`,
    );
  }
}

/** Starts every service of an installation and waits until all are ready; throws one clear sentence (UserError). */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { config } = options;
  const logDir = path.join(config.ATI_DATA_DIR, 'logs');
  const lock = takeDirectory(config.ATI_DATA_DIR, logDir);
  if (!lock.ok) {
    throw new UserError(
      `ATI is already running on ${config.ATI_DATA_DIR} (process ${lock.pid}): stop it, or set ATI_DATA_DIR to another folder`,
    );
  }
  try {
    const version = writing(config.ATI_DATA_DIR, () => openDataVersion(config.ATI_DATA_DIR));
    if (!version.ok) throw new UserError(version.reason);
  } catch (error) {
    lock.release();
    throw error;
  }
  const { processors, sinks, agents = true } = options;
  const services = [...(options.services ?? servicesOf(config, { agents, processors, sinks }))];
  const running = new Map<ServiceName, Supervised>();
  /** Being started by `add`. */
  const adding = new Set<ServiceName>();
  const ended = new AbortController();
  const supervisor: SupervisorOptions = {
    config,
    env: {
      ...options.env,
      KAFKA_BROKERS: brokersOf(config).join(','),
      CLICKHOUSE_URL: clickhouseUrlOf(config),
    },
    logDir,
    stopDeadlineMs: options.stopDeadlineMs ?? STOP_DEADLINE_MS,
    onDeath: options.onDeath ?? (() => {}),
    onGiveUp: options.onGiveUp ?? (() => {}),
  };
  const stop = async () => {
    ended.abort();
    for (const { name } of services.toReversed()) await running.get(name)?.stop();
    lock.release();
  };
  try {
    await preflight(config, services, options);
    for (const { name } of services) rotateLog(logDir, name);
    await startAll(services, running, { ...options, supervisor });
  } catch (error) {
    await stop();
    throw error;
  }
  const of = (name: ServiceName): Supervised => {
    const supervised = running.get(name);
    if (supervised === undefined) throw new Error(`this installation has no ${name}`);
    return supervised;
  };
  return {
    services,
    pid: (name) => of(name).pid,
    signal: (name, signal) => of(name).signal(signal),
    back: (name) => of(name).back(),
    async add(service) {
      if (running.has(service.name) || adding.has(service.name))
        throw new UserError(`${service.title} runs already`);
      adding.add(service.name);
      try {
        await checkPorts(config, [service]);
        // Who is not in the list is stopped by nobody.
        if (ended.signal.aborted) throw new UserError(STOPPED);
        rotateLog(logDir, service.name);
        const started = await Supervised.start(service, supervisor, ended.signal);
        if (ended.signal.aborted) {
          await started.stop();
          throw new UserError(STOPPED);
        }
        running.set(service.name, started);
        // Beside its like: the stop goes backwards.
        services.splice(services.findLastIndex(({ port }) => port === service.port) + 1, 0, service);
      } finally {
        adding.delete(service.name);
      }
    },
    async remove(name) {
      await of(name).stop();
      running.delete(name);
      services.splice(
        services.findIndex((each) => each.name === name),
        1,
      );
    },
    stop,
  };
}

type StartOptions = StackOptions & { supervisor: SupervisorOptions };

/** Starts each service as soon as those before it are ready; the first failure ends all and is thrown. */
async function startAll(
  services: readonly Service[],
  running: Map<ServiceName, Supervised>,
  options: StartOptions,
): Promise<void> {
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, ...(options.signal ? [options.signal] : [])]);
  let failure: { readonly error: unknown } | undefined;
  const ready = new Map<ServiceName, Promise<void>>();
  const startOne = async (service: Service) => {
    await Promise.all(service.after.map((name) => ready.get(name)));
    if (signal.aborted) throw new UserError(STOPPED);
    options.progress?.(service, 'starting');
    running.set(service.name, await Supervised.start(service, options.supervisor, signal));
    options.progress?.(service, 'ready');
  };
  // In order: a service stands after those it waits for.
  for (const service of services) {
    const started = startOne(service);
    started.catch((error: unknown) => {
      // The others end because of it: theirs are not the cause.
      failure ??= { error };
      abort.abort();
    });
    ready.set(service.name, started);
  }
  await Promise.allSettled(ready.values());
  if (options.signal?.aborted) throw new UserError(STOPPED);
  if (failure) throw failure.error;
}
