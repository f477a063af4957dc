import type { Chance } from '../random.ts';

export interface Material {
  readonly chance: Chance;
  /** Another input of the corpus. */
  other(): Uint8Array;
  readonly dictionary: readonly Uint8Array[];
  readonly maxBytes: number;
}

/** Makes another input of one; undefined where it cannot (the bytes are not of its format). */
export type Mutator = (input: Uint8Array, material: Material) => Uint8Array | undefined;
