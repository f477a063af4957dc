import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on standard output, named by process; errors keep their type and message, stacks at debug only. */
export function createLog(name: string, level: string): Logger {
  const options = {
    name,
    level,
    base: { pid: process.pid },
    serializers: {
      err: (error: Error) => ({
        type: error.name,
        message: error.message,
        ...((level === 'debug' || level === 'trace') && { stack: error.stack }),
      }),
    },
  };
  // Not pino's own destination: its flush at `fatal` waits for ever where nobody reads the pipe any more, and a process
  // whose parent was killed would never end.
  return pino(options, process.stdout);
}
