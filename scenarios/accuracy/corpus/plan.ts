import { Chance } from '../chance.ts';
import { specsOf, type TenantSpec, tracesOf, WHOLE_CORPUS } from './tenants.ts';

export interface CorpusOptions {
  /** Decides everything that is left to chance. */
  readonly seed: number;
  /** About so many traces; undefined: the whole corpus. */
  readonly traces?: number;
}

export interface Corpus {
  readonly traces: number;
  /** Tenants that share an installation: what one task of a worker plays. */
  readonly shards: readonly (readonly TenantSpec[])[];
}

/** Few enough that one shard fits into memory, enough that tenants disturb one another. */
const TENANTS_PER_SHARD = 16;

/** Which tenants there are, and who shares an installation with whom: by seed and size alone. */
export function planCorpus({ seed, traces }: CorpusOptions): Corpus {
  const specs = specsOf(traces === undefined ? 1 : Math.min(1, traces / WHOLE_CORPUS));
  const mixed = new Chance(seed, 'shards').shuffled(specs);
  const shards: TenantSpec[][] = [];
  for (let from = 0; from < mixed.length; from += TENANTS_PER_SHARD)
    shards.push(mixed.slice(from, from + TENANTS_PER_SHARD));
  return { traces: tracesOf(specs), shards };
}
