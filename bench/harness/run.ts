/** Runs one case: a fresh directory, the load before and after, and what it says of itself. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchCase, BenchContext } from './case.ts';
import { load, machine } from './machine.ts';
import type { CaseRun } from './results.ts';

export type RunOptions = Pick<BenchContext, 'rounds' | 'quick' | 'broker' | 'only' | 'progress'> & {
  /** What a reader types to get the same figures. */
  readonly command: string;
};

/** Rejects with whatever the case rejects with; its directory is removed in any case. */
export async function runCase(bench: BenchCase, options: RunOptions): Promise<CaseRun> {
  const { command, rounds, quick, only, progress } = options;
  const broker = bench.broker ?? options.broker;
  const directory = await mkdtemp(path.join(tmpdir(), `ati-bench-${bench.name}-`));
  // Also where a signal ends the run: nothing else is told then.
  const removed = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removed);
  const before = load();
  const started = performance.now();
  try {
    const result = await bench.run({ rounds, quick, broker, only, directory, progress });
    return {
      name: bench.name,
      about: bench.about,
      command,
      date: `${new Date().toISOString().slice(0, 16)}Z`,
      machine: machine(),
      load: [before, load()],
      rounds,
      broker,
      seconds: (performance.now() - started) / 1000,
      result,
    };
  } finally {
    process.off('exit', removed);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
