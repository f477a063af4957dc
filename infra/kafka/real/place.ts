import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { UserError } from '../../errors.ts';
import { areFree, freePort } from '../../ports.ts';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

/** Where the jars and the node of `npm run kafka:up` live; not under version control. */
export const CACHE = join(PROJECT, '.cache', 'kafka');
export const NODE_DIRECTORY = join(CACHE, 'node');

/** The first free port of `wanted`, else any, whose successor is free too: that is the controller's. */
export async function freePorts(...wanted: number[]): Promise<number> {
  for (const port of wanted) if (await areFree(port, 2)) return port;
  return freePort(2);
}

/**
 * Runs the npm script `name`, which takes no arguments but --help; others end it with a message. A UserError is its
 * sentence and exit 1.
 */
export async function script(name: string, description: string, main: () => Promise<number>): Promise<void> {
  new Command(`npm run ${name} --`).description(description).parse();
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
