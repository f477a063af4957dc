import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on standard output, named by process; errors keep their type and message, stacks at debug only. */
export function createLog(name: string, level: string): Logger {
  return pino({
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
  });
}
