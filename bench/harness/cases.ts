/** The cases, found by file: `bench/cases/NAME.case.ts`. */
import { readdir } from 'node:fs/promises';
import { UserError } from '#infra/errors.ts';
import type { BenchCase } from './case.ts';

const FOLDER = new URL('../cases/', import.meta.url);
const SUFFIX = '.case.ts';

/** All of them, by name. A file that exports no case, or one of another name, is an error that says so. */
export async function findCases(folder: URL = FOLDER): Promise<BenchCase[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(SUFFIX)).sort();
  return Promise.all(files.map((file) => load(folder, file)));
}

async function load(folder: URL, file: string): Promise<BenchCase> {
  const module = (await import(new URL(file, folder).href)) as { default?: Partial<BenchCase> };
  const found = module.default;
  const name = file.slice(0, -SUFFIX.length);
  if (typeof found?.run !== 'function' || found.name !== name || typeof found.about !== 'string')
    throw new Error(`${file}: must export by default a BenchCase whose name is ${name}`);
  return found as BenchCase;
}

/** Those that are asked for, in that order; none asked for: all. */
export function chosen(cases: readonly BenchCase[], names: readonly string[], quick: boolean): BenchCase[] {
  if (names.length === 0) return cases.filter((each) => each.quick || !quick);
  return names.map((name) => {
    const found = cases.find((each) => each.name === name);
    if (found === undefined)
      throw new UserError(`no case ${name}; there are: ${cases.map((each) => each.name).join(', ')}`);
    return found;
  });
}
