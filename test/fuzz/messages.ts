/** What a fuzzing process and its parent tell each other. */

export interface Task {
  readonly type: 'fuzz';
  /** Path of the module whose export `target` it is. */
  readonly module: string;
  readonly seed: number;
  readonly seconds: number;
  /** Where the input that runs is written before it does: length (uint32, little endian) and bytes. */
  readonly current: string;
  /** Bugs known from an earlier process of this run. */
  readonly known: readonly string[];
}

export interface Replay {
  readonly type: 'replay';
  readonly module: string;
  readonly file: string;
}

export type Said =
  | { readonly type: 'progress'; readonly inputs: number; readonly reached: number; readonly corpus: number }
  | { readonly type: 'crasher'; readonly key: string; readonly message: string; readonly input: string }
  /** More memory than one input may take, by all signs: to be looked at in a process of its own. */
  | { readonly type: 'greedy'; readonly input: string }
  | { readonly type: 'done'; readonly inputs: number; readonly reached: number; readonly corpus: number }
  | {
      readonly type: 'replayed';
      readonly key?: string;
      readonly message?: string;
      readonly ms: number;
      readonly bytes: number;
    };
