/** `node bench/capacity/main.ts`: writes the tables of docs/capacity.md anew, from figures.ts. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { withTables } from './page.ts';

new Command('node bench/capacity/main.ts')
  .description('Writes the tables of docs/capacity.md anew, from bench/capacity/figures.ts.')
  .parse();
const PAGE = new URL('../../docs/capacity.md', import.meta.url);
await writeFile(PAGE, withTables(await readFile(PAGE, 'utf8')));
console.log('docs/capacity.md is up to date');
