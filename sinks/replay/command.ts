/** A command of the sinks' wing that talks to Kafka: configuration, Ctrl-C, errors as sentences, exit codes. */
import { CommanderError } from 'commander';
import { type Config, readConfig } from '#infra/config.ts';
import { messageOf } from '#infra/errors.ts';
import { Lifecycle } from '#infra/lifecycle.ts';
import { createLog, type Logger } from '#infra/log.ts';

export interface CommandContext {
  readonly config: Config;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  /** Ctrl-C, or SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * Runs `work` and ends the process with what it gives: 0 done, 1 not; 2 for a wrong command line or configuration. A
 * first Ctrl-C asks it to stop in order, a second one ends it.
 */
export function runCommand(name: string, work: (context: CommandContext) => Promise<number>): void {
  const read = readConfig(process.env);
  if (!read.ok) {
    process.stderr.write(`${read.message}\n`);
    process.exit(2);
  }
  const log = createLog(name, 'silent');
  const lifecycle = new Lifecycle(log);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => (stop.signal.aborted ? process.exit(1) : stop.abort()));
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', () => process.exit(0));
  work({ config: read.config, log, lifecycle, signal: stop.signal })
    .catch((error: unknown) => {
      // commander has said what is wrong; --help is no error.
      if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
      process.stderr.write(`${name}: ${messageOf(error)}\n`);
      return 1;
    })
    .then(async (code) => {
      await lifecycle.stop();
      process.exitCode = code;
      process.stdout.write('', () => process.exit(code));
    });
}
