import { type Config, readConfig } from './config.ts';
import { messageOf, UserError } from './errors.ts';
import { Lifecycle } from './lifecycle.ts';
import { createLog, type Logger } from './log.ts';

export interface ProcessContext {
  readonly config: Config;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
}

/**
 * Runs one ATI process: reads the configuration (wrong: exit 2), starts, tells its parent `ready`, and stops in order on
 * SIGTERM, SIGINT or when the parent is gone. A fatal error is one clear sentence on standard error and exit 1.
 */
export function runProcess(name: string, start: (context: ProcessContext) => Promise<void>): void {
  const read = readConfig(process.env);
  if (!read.ok) {
    console.error(read.message);
    process.exit(2);
  }
  const log = createLog(name, read.config.ATI_LOG_LEVEL);
  const lifecycle = new Lifecycle(log);

  const stop = async (code: number) => {
    const stopped = await lifecycle.stop();
    process.exit(Math.max(code, stopped));
  };
  const fatal = (error: unknown) => {
    // A broken promise after the stop has begun must not hide the first cause.
    log.fatal({ err: error }, messageOf(error));
    console.error(error instanceof UserError ? error.message : `${name}: ${messageOf(error)}`);
    void stop(1);
  };
  lifecycle.onFatal(fatal);
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);

  // Under a parent (the stack), Ctrl-C reaches the whole terminal group: only the parent decides when each one stops.
  const hasParent = process.send !== undefined;
  process.on('SIGINT', () => {
    if (!hasParent) void stop(0);
  });
  process.on('SIGTERM', () => void stop(0));
  process.on('disconnect', () => void stop(0));

  start({ config: read.config, log, lifecycle }).then(() => {
    if (lifecycle.state !== 'starting') return;
    lifecycle.markReady();
    log.info('ready');
    process.send?.('ready');
  }, fatal);
}
