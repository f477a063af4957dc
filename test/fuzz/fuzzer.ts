/**
 * The loop: inputs in batches, V8's coverage after each; a batch that reaches something new is searched for the inputs
 * that do. Without coverage it is a seeded mutation of the seeds.
 */
import { Corpus } from './corpus.ts';
import type { Coverage } from './coverage.ts';
import { type Judged, judge, type Verdict } from './judge.ts';
import { Chance } from './random.ts';
import { MAX_INPUT_BYTES, type Started, type Target } from './target.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** undefined: blind. */
  readonly coverage?: Coverage | undefined;
  /** Told before an input runs, so that what never comes back is known. */
  before?(input: Uint8Array): void;
  after?(input: Uint8Array, judged: Judged): void;
  crashed(input: Uint8Array, verdict: Verdict): void | Promise<void>;
  /** Asked between batches. */
  more(counts: Counts): boolean | Promise<boolean>;
}

export interface Counts {
  inputs: number;
  corpus: number;
  /** Functions and blocks reached. */
  reached: number;
}

const LEAST_BATCH = 16;
const MOST_BATCH = 2_048;
/** A batch of slow inputs is a small one: what is found late is used late. */
const BATCH_MS = 250;

export async function fuzz(target: Target, started: Started, options: FuzzOptions): Promise<Counts> {
  const { coverage } = options;
  const chance = new Chance(options.seed, target.name);
  const corpus = new Corpus(started, chance, target.maxBytes ?? MAX_INPUT_BYTES);
  const counts: Counts = { inputs: 0, corpus: corpus.size, reached: 0 };

  const run = async (inputs: readonly Uint8Array[]) => {
    for (const input of inputs) {
      options.before?.(input);
      const judged = await judge(started, input);
      counts.inputs++;
      options.after?.(input, judged);
      if (judged.verdict !== undefined) await options.crashed(input, judged.verdict);
    }
  };
  /** Adds to the corpus what reaches something new, one after the other. */
  const search = async (inputs: readonly Uint8Array[], guide: Coverage): Promise<void> => {
    guide.read();
    await run(inputs);
    const reading = guide.read();
    if (!guide.isNew(reading)) return;
    if (inputs.length > 1) {
      const half = inputs.length >> 1;
      await search(inputs.slice(0, half), guide);
      await search(inputs.slice(half), guide);
    } else corpus.add(inputs[0]);
    // Also what comes from several inputs together (a cache that is full): it would be searched for again and again.
    guide.keep(reading);
  };

  await run(started.seeds);
  coverage?.keep(coverage.read());
  for (let size = LEAST_BATCH; await options.more(counts); ) {
    const batch = Array.from({ length: size }, () => corpus.next());
    const began = performance.now();
    await run(batch);
    const ms = performance.now() - began;
    const reading = coverage?.read();
    if (coverage !== undefined && reading !== undefined && coverage.isNew(reading)) {
      await search(batch, coverage);
      coverage.keep(reading);
      size = Math.max(LEAST_BATCH, size >> 2);
    } else size = Math.min(MOST_BATCH, size * 2);
    if (ms > BATCH_MS) size = Math.max(1, Math.floor((size * BATCH_MS) / ms));
    counts.corpus = corpus.size;
    counts.reached = coverage?.reached ?? 0;
  }
  return counts;
}
