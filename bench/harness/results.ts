/** The last full result of each case: `bench/results.jsonl`, a line each; the page and the picture are made of it. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { CaseResult } from './case.ts';

export interface CaseRun {
  readonly name: string;
  readonly about: string;
  readonly command: string;
  /** ISO 8601, UTC, to the minute. */
  readonly date: string;
  readonly machine: string;
  /** Load averages before and after. */
  readonly load: readonly [string, string];
  readonly rounds: number;
  readonly broker: string;
  readonly seconds: number;
  readonly result: CaseResult;
}

const FILE = new URL('../results.jsonl', import.meta.url);

export async function readRuns(file: URL = FILE): Promise<CaseRun[]> {
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as CaseRun);
}

/** This run in the place of the last one of its case; in the order of names. */
export function withRun(runs: readonly CaseRun[], run: CaseRun): CaseRun[] {
  const others = runs.filter(({ name }) => name !== run.name);
  return [...others, run].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function writeRuns(runs: readonly CaseRun[], file: URL = FILE): Promise<void> {
  await writeFile(file, runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
}
