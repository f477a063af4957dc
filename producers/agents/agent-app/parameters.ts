import { z } from 'zod';
import { number, wholeNumber } from '#infra/numbers.ts';

const integer = (least: number, most: number, fallback: number) => wholeNumber(least, most).default(fallback);
const seed = wholeNumber(0, 2 ** 32 - 1).optional();
const fanout = integer(1, 1000, 100);
const concurrency = integer(1, 1000, 20);
/** No default: TOOL_DELAY_MS (80) fills it in. */
const delay = (fallback: number) => integer(0, 60_000, fallback);

/** The query parameters of each scenario with their bounds and defaults. */
export function runParameters(toolDelayMs: number) {
  const error = 'must be fanout, chain or retry (the token stream is at /stream)';
  return z.discriminatedUnion(
    'scenario',
    [
      z.strictObject({
        scenario: z.literal('fanout'),
        fanout,
        concurrency,
        delay_ms: delay(toolDelayMs),
        seed,
      }),
      z.strictObject({
        scenario: z.literal('chain'),
        depth: integer(1, 500, 60),
        delay_ms: delay(toolDelayMs),
        seed,
      }),
      z.strictObject({
        scenario: z.literal('retry'),
        fanout,
        concurrency,
        delay_ms: delay(toolDelayMs),
        error_rate: number(0, 1).default(0.1),
        max_retries: integer(0, 10, 3),
        seed,
      }),
    ],
    { error: (issue) => (issue.code === 'invalid_union' ? error : undefined) },
  );
}

export const streamParameters = z.strictObject({
  duration_s: number(1, 600).default(20),
  tool_delay_ms: integer(0, 60_000, 400),
  background_fanout: integer(0, 1000, 0),
  seed,
});

export type RunParameters = z.output<ReturnType<typeof runParameters>>;
export type FanoutParameters = Extract<RunParameters, { scenario: 'fanout' }>;
export type ChainParameters = Extract<RunParameters, { scenario: 'chain' }>;
export type RetryParameters = Extract<RunParameters, { scenario: 'retry' }>;
export type StreamParameters = z.output<typeof streamParameters>;
