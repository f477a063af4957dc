/** A worker thread of the corpus: one shard a task, which knows nothing of the others. */
import { planCorpus } from './corpus/plan.ts';
import type { Outcome } from './judge/outcome.ts';
import type { ShardTask } from './run.ts';
import { playShard } from './shard.ts';

export default function run({ shard, ...corpus }: ShardTask): Promise<Outcome> {
  return playShard(planCorpus(corpus).shards[shard], corpus.seed);
}
