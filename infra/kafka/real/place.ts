import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../errors.ts';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

/** Where the jars and the node of `npm run kafka:up` live; not under version control. */
export const CACHE = join(PROJECT, '.cache', 'kafka');
export const NODE_DIRECTORY = join(CACHE, 'node');

/**
 * The first free port of `wanted`, else any below 32768 whose successor is free too (the controller's); above that an
 * outgoing connection of any program may hold it.
 */
export async function freePort(...wanted: number[]): Promise<number> {
  for (const port of wanted) if (await bothFree(port)) return port;
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await bothFree(port)) return port;
  }
  throw new UserError('no two free ports next to each other between 10000 and 32000');
}

async function bothFree(port: number): Promise<boolean> {
  return (await isFree(port)) && (await isFree(port + 1));
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Runs a script; a UserError is its sentence and exit 1. */
export async function script(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
