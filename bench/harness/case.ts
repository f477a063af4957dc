/** What a benchmark is: a file `bench/cases/NAME.case.ts` with a default export of this shape is found by its name. */

export interface BenchCase {
  readonly name: string;
  /** One sentence: what is measured, against whom. */
  readonly about: string;
  /** Part of `npm run bench:quick`, then with smaller sizes (`BenchContext.quick`). */
  readonly quick: boolean;
  /** The only one that its figures are of, whatever the run asks for. */
  readonly broker?: BenchContext['broker'];
  run(context: BenchContext): Promise<CaseResult>;
}

export interface BenchContext {
  /** Interleaved rounds; each runs every variant in fresh processes. */
  readonly rounds: number;
  readonly quick: boolean;
  /** Where the topics live: the embedded broker, or a real Apache Kafka on this machine (`--broker kafka`). */
  readonly broker: 'embedded' | 'kafka';
  /** Only these variants run (`npm run profile`); undefined: all. `interleave` and `ratios` (rounds.ts) heed it. */
  readonly only?: readonly string[];
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
  /** CPU a span of each process: a table of its own, and the bars of the picture. */
  readonly costs?: readonly Cost[];
}

/** µs of CPU (user and system, all threads) a span that one process of one variant took, over the rounds. */
export interface Cost {
  readonly variant: string;
  readonly process: string;
  /** Ours or the peer's: it counts in the ratios. Else it is shown beside them (broker, engine, generator). */
  readonly counted: boolean;
  readonly median: number;
  readonly min: number;
  readonly max: number;
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
