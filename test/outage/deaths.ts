/** Services that died while nobody killed them, with what they said of it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Installation } from '../support/installation.ts';
import type { Check } from './check.ts';

/** pino's level of what ends a process. */
const FATAL = '"level":60';

/** To be asked when all have run for a while; gives what is to be asked at the end. */
export function watchDeaths({ stack, config }: Installation): () => Check {
  const pids = stack.services.map(({ name }) => [name, stack.pid(name)] as const);
  return () => {
    const dead = pids.filter(([name, pid]) => stack.pid(name) !== pid).map(([name]) => name);
    const words = dead.map((name) => {
      const log = readFileSync(path.join(config.ATI_DATA_DIR, 'logs', `${name}.log`), 'utf8');
      const last = log.split('\n').findLast((line) => line.includes(FATAL)) ?? 'without a word';
      return `${name}: ${/"msg":"((?:[^"\\]|\\.)*)"/.exec(last)?.[1] ?? last}`;
    });
    return {
      what: 'processes that died',
      found: words.length === 0 ? 'none' : words.join('; '),
      wanted: 'none',
      ok: dead.length === 0,
    };
  };
}
