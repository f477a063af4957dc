import { setFlagsFromString } from 'node:v8';
import { type Config, readConfig } from './config.ts';
import { messageOf, UserError } from './errors.ts';
import { Lifecycle } from './lifecycle.ts';
import { createLog, type Logger } from './log.ts';

// Buffers count in the limit of the whole heap. By V8's default they have a limit of their own that does not grow: where
// records and rows come by in buffers, the heap was marked for every few of them (of 1.2 million spans through a processor
// 42 times, now 9; it was half of the ingest's CPU). Worker threads that start later have it too.
setFlagsFromString('--external-memory-accounted-in-global-limit');

export interface ProcessContext {
  readonly config: Config;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
}

export interface ProcessOptions {
  /** What each stage of the stop may take; default: the lifecycle's own. */
  readonly stageDeadlineMs?: number;
}

/** One Ctrl-C may come twice: npm passes on what the terminal has sent to everybody already. */
const SAME_CTRL_C_MS = 1_000;

/**
 * Runs one ATI process: reads the configuration (wrong: exit 2), starts, tells its parent `ready`, and stops in order on
 * SIGTERM, SIGINT or when the parent is gone. A second signal ends it where it is, with 1. A fatal error is one clear
 * sentence on standard error and exit 1.
 */
export function runProcess(
  name: string,
  start: (context: ProcessContext) => Promise<void>,
  { stageDeadlineMs }: ProcessOptions = {},
): void {
  const read = readConfig(process.env);
  if (!read.ok) {
    console.error(read.message);
    process.exit(2);
  }
  const log = createLog(name, read.config.ATI_LOG_LEVEL);
  const lifecycle = new Lifecycle(log, stageDeadlineMs);

  let exitCode = 0;
  const stop = async (code: number) => {
    exitCode = Math.max(exitCode, code);
    const stopped = await lifecycle.stop();
    process.exit(Math.max(exitCode, stopped));
  };
  const fatal = (error: unknown) => {
    log.fatal({ err: error }, messageOf(error));
    // The first cause is for the user; what breaks after it is in the log.
    if (exitCode === 0) {
      console.error(error instanceof UserError ? error.message : `${name}: ${messageOf(error)}`);
    }
    void stop(1);
  };
  lifecycle.onFatal(fatal);
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);

  // Under a parent (the stack), Ctrl-C reaches the whole terminal group: only the parent decides when each one stops.
  const hasParent = process.send !== undefined;
  let askedAt: number | undefined;
  const asked = (signal: NodeJS.Signals) => {
    if (signal === 'SIGINT' && hasParent) return;
    if (askedAt === undefined) {
      askedAt = performance.now();
      void stop(0);
    } else if (performance.now() - askedAt > SAME_CTRL_C_MS) {
      const step = lifecycle.waitsFor === undefined ? '' : `, at ${lifecycle.waitsFor}`;
      console.error(`${name}: a second ${signal} ends it before it has stopped (${lifecycle.state}${step})`);
      process.exit(1);
    }
  };
  process.on('SIGINT', asked);
  process.on('SIGTERM', asked);
  // A parent that was killed reads our output no more; that is no reason to stop in disorder.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('disconnect', () => void stop(0));

  start({ config: read.config, log, lifecycle }).then(() => {
    if (lifecycle.state !== 'starting') return;
    lifecycle.markReady();
    log.info('ready');
    // A parent that went away while our modules were loading is noticed here: nobody has told us.
    process.send?.('ready', undefined, undefined, (error) => {
      if (error !== null) void stop(0);
    });
  }, fatal);
}
