/** The cases, found by file: `bench/cases/NAME.case.ts`. */
import { readdir } from 'node:fs/promises';
import { UserError } from '#infra/errors.ts';
import type { BenchCase } from './case.ts';

const FOLDER = new URL('../cases/', import.meta.url);
const SUFFIX = '.case.ts';

/**
 * Those that are asked for, in that order; none asked for: all, by name. Throws a UserError for a name that there is not, and an
 * Error where a file exports no case or one of another name.
 */
export async function findCases(names: readonly string[] = [], folder: URL = FOLDER): Promise<BenchCase[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(SUFFIX)).sort();
  const known = files.map((file) => file.slice(0, -SUFFIX.length));
  for (const name of names)
    if (!known.includes(name)) throw new UserError(`no case ${name}; there are: ${known.join(', ')}`);
  return Promise.all((names.length === 0 ? known : names).map((name) => load(folder, name)));
}

async function load(folder: URL, name: string): Promise<BenchCase> {
  const file = name + SUFFIX;
  const module = (await import(new URL(file, folder).href)) as { default?: Partial<BenchCase> };
  const found = module.default;
  if (typeof found?.run !== 'function' || found.name !== name || typeof found.about !== 'string')
    throw new Error(`${file}: must export by default a BenchCase whose name is ${name}`);
  return found as BenchCase;
}
