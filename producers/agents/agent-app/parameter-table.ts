/** The parameters of the eight scenarios as data: what validates them, what `GET /` prints, what an interactive client asks. */
import { LARGEST_PAYLOAD, LONGEST_CALL_MS } from '../tool-limits.ts';

export const SCENARIOS = ['fanout', 'chain', 'retry', 'dag', 'react', 'human', 'rag', 'stream'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface ParameterSpec {
  readonly whole: boolean;
  /** Bounds, inclusive. */
  readonly least: number;
  readonly most: number;
  /** Its default: a number, the configured TOOL_DELAY_MS, or whatever another parameter has. */
  readonly fallback: number | 'TOOL_DELAY_MS' | 'max_steps';
  readonly about: string;
}

type Fallback = ParameterSpec['fallback'];
const spec = (
  whole: boolean,
  least: number,
  most: number,
  fallback: Fallback,
  about: string,
): ParameterSpec => ({
  whole,
  least,
  most,
  fallback,
  about,
});
const whole = (least: number, most: number, fallback: Fallback, about: string) =>
  spec(true, least, most, fallback, about);
const real = (least: number, most: number, fallback: number, about: string) =>
  spec(false, least, most, fallback, about);

const delay_ms = whole(0, LONGEST_CALL_MS, 'TOOL_DELAY_MS', 'what a tool call takes');
const concurrency = whole(1, 1000, 20, 'calls at a time');

/** By scenario. Every one takes `seed` as well. */
export const PARAMETER_TABLE = {
  fanout: {
    fanout: whole(1, 1000, 100, 'calls that a planner offers at once'),
    concurrency,
    delay_ms,
    straggler_factor: real(1, 100, 1, 'above 1: one call takes so many times the delay'),
  },
  chain: { depth: whole(1, 500, 60, 'agents that wait for each other'), delay_ms },
  retry: {
    fanout: whole(1, 1000, 100, 'calls of a flaky tool'),
    concurrency,
    delay_ms,
    error_rate: real(0, 1, 0.1, 'share of attempts that fail'),
    max_retries: whole(0, 10, 3, 'attempts after the first'),
    agent_retries: whole(0, 3, 0, 'above 0: an agent makes each call, and is itself tried again so often'),
  },
  dag: {
    fanout: whole(1, 1000, 100, 'branches, all at a time'),
    delay_ms,
    slow_factor: real(1, 100, 5, 'one branch takes so many times the delay; 1: none'),
  },
  react: {
    max_steps: whole(1, 200, 10, 'the most steps of the loop'),
    min_steps: whole(1, 200, 'max_steps', 'the fewest; the seed chooses between them'),
    delay_ms,
    tools_per_step: whole(1, 20, 1, 'tool calls of a step, one after another'),
    slow_factor: real(1, 100, 1, "above 1: one step's tools take so many times the delay"),
  },
  human: { human_delay_s: real(0, 600, 1, "until the person's answer, s"), delay_ms },
  rag: {
    rag_chunks: whole(1, 200, 5, 'chunks retrieved, one after another'),
    rag_chunk_size_kb: whole(1, LARGEST_PAYLOAD / 1024, 2, 'size of a chunk, KiB'),
    delay_ms,
    rag_growth: real(0, 100, 0, 'chunk i (from 0) has size × (1 + i × growth)'),
    rag_mb_per_s: real(0, 10_000, 0, 'rate at which chunks come, 10⁶ bytes a second; 0: as fast as they go'),
  },
  stream: {
    duration_s: real(1, 600, 20, 'length of the token stream, s'),
    tool_delay_ms: whole(0, LONGEST_CALL_MS, 400, 'what a background call takes'),
    background_fanout: whole(0, 1000, 0, 'calls beside the stream, on the slots that its chunks need'),
    interval_ms: whole(1, 10_000, 50, 'between two chunks'),
    own_tools: whole(0, 100, 0, 'tool calls that the stream itself waits for'),
  },
} as const satisfies Record<ScenarioName, Record<string, ParameterSpec>>;

/** The parameters of one scenario, complete. */
export type ParametersOf<Name extends ScenarioName> = { readonly scenario: Name; readonly seed: number } & {
  readonly [Key in keyof (typeof PARAMETER_TABLE)[Name]]: number;
};
export type FanoutParameters = ParametersOf<'fanout'>;
export type ChainParameters = ParametersOf<'chain'>;
export type RetryParameters = ParametersOf<'retry'>;
export type DagParameters = ParametersOf<'dag'>;
export type ReactParameters = ParametersOf<'react'>;
export type HumanParameters = ParametersOf<'human'>;
export type RagParameters = ParametersOf<'rag'>;
export type StreamParameters = ParametersOf<'stream'>;
/** The parameters of any scenario, complete, told apart by `scenario`. */
export type ScenarioParameters = { [Name in ScenarioName]: ParametersOf<Name> }[ScenarioName];
