/** What a benchmark is: a file `bench/cases/NAME.case.ts` with a default export of this shape is found by its name. */

export interface BenchCase {
  readonly name: string;
  /** One sentence: what is measured, against whom. */
  readonly about: string;
  /** Part of `npm run bench:quick`, then with smaller sizes (`BenchContext.quick`). */
  readonly quick: boolean;
  run(context: BenchContext): Promise<CaseResult>;
}

export interface BenchContext {
  /** Interleaved rounds; each runs every variant in fresh processes. */
  readonly rounds: number;
  readonly quick: boolean;
  /** Empty, removed afterwards. */
  readonly directory: string;
  /** What is going on now, for the person who waits. */
  progress(text: string): void;
}

export interface CaseResult {
  readonly tables: readonly ResultTable[];
  readonly ratios: readonly Ratio[];
  /** What was found equal before any time counted. */
  readonly checks: readonly string[];
  /** What a reader must know to trust the figures: sizes, machine, what was left out. */
  readonly notes: readonly string[];
}

export interface ResultTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A figure that holds on any machine: one variant against another in the same round. */
export interface Ratio {
  /** Stable: the key of its baseline (`end-to-end: naive / ati, µs CPU a span`). */
  readonly name: string;
  /** Median over the rounds, and the least and greatest of them. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** What the project promises, where it does. */
  readonly atLeast?: number;
  readonly atMost?: number;
}
