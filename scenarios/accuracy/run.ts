import { Piscina } from 'piscina';
import { type CorpusOptions, planCorpus } from './corpus/plan.ts';
import { mergeOutcomes, type Outcome } from './judge/outcome.ts';

export interface ShardTask extends CorpusOptions {
  readonly shard: number;
}

export interface RunOptions extends CorpusOptions {
  readonly workers: number;
  /** Only so many of the shards; default all. */
  readonly shards?: number;
  readonly onProgress?: (traces: number, of: number) => void;
}

/** Plays and judges the whole corpus on worker threads; the outcome is the same with any number of them. */
export async function runCorpus({ workers, shards, onProgress, ...corpus }: RunOptions): Promise<Outcome> {
  const plan = planCorpus(corpus);
  const pool = new Piscina<ShardTask, Outcome>({
    filename: new URL('shard.worker.ts', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
  });
  let done = 0;
  try {
    const outcomes = await Promise.all(
      plan.shards.slice(0, shards).map(async (_, shard) => {
        const outcome = await pool.run({ ...corpus, shard });
        done += outcome.traces.length;
        onProgress?.(done, plan.traces);
        return outcome;
      }),
    );
    return mergeOutcomes(outcomes);
  } finally {
    await pool.destroy();
  }
}
