/** Failures that no single trace shows: a mesh's traces in a row do, by the window rules of design §5. */
import type { FindingKind } from '#schemas/events.ts';
import type { Chance } from '../chance.ts';
import { retriesOf } from '../truth/decided.ts';
import { NOMINAL } from './patterns.ts';
import { drawUntil, type RunPlan, type Values } from './run-plan.ts';

export interface Series {
  readonly kind: FindingKind;
  readonly strength: string;
  readonly about: string;
  readonly runs: number;
  readonly draw: (chance: Chance) => RunPlan[];
}

const RUNS = 30;

const carrier = (name: string, { parameters, spread }: ReturnType<typeof drawUntil>): RunPlan => ({
  group: 'carrier',
  name,
  parts: [parameters],
  beside: false,
  spread,
});

/** Each run retries too few calls to be a storm; together they are one. */
function drizzle(strength: string, retriesPerRun: number): Series {
  const draw = (chance: Chance): Values => ({
    scenario: 'retry',
    fanout: 16,
    concurrency: chance.whole(16, 24),
    delay_ms: chance.whole(70, 90),
    error_rate: 0.05 * retriesPerRun,
    max_retries: 3,
  });
  return {
    kind: 'retry_storm',
    strength,
    about: `in each run ${retriesPerRun} of 16 calls are tried again`,
    runs: RUNS,
    draw: (chance) =>
      Array.from({ length: RUNS }, () =>
        carrier(
          `series/retry_storm/${strength}`,
          drawUntil(
            chance,
            () => draw(chance),
            (_, parameters) => retriesOf(parameters).retried === retriesPerRun,
          ),
        ),
      ),
  };
}

/** The tool itself slows down when many call it: by turns many do, and one at a time. */
function slowdown(strength: string, times: number): Series {
  return {
    kind: 'fanout_collapse',
    strength,
    about: `14–22 calls at once take ${times} times as long as one alone`,
    runs: RUNS,
    draw: (chance) => {
      const delay = chance.whole(50, 80);
      return Array.from({ length: RUNS }, (_, i) =>
        carrier(
          `series/fanout_collapse/${strength}`,
          drawUntil(
            chance,
            (): Values =>
              i % 2 === 0
                ? {
                    scenario: 'fanout',
                    fanout: chance.whole(14, 22),
                    concurrency: 24,
                    delay_ms: Math.round(delay * times),
                  }
                : { scenario: 'fanout', fanout: chance.whole(6, 9), concurrency: 1, delay_ms: delay },
            () => true,
            { spread: 0.03 },
          ),
        ),
      );
    },
  };
}

/** Every other stream of one process stands still for most of its time: each is starved, and the sharing is unfair. */
function unfair(strength: string, toolDelayMs: number): Series {
  return {
    kind: 'starvation',
    strength,
    about: `every other stream of 3 s waits for ${((toolDelayMs * 5) / 1000).toFixed(0)} s`,
    runs: RUNS,
    draw: (chance) =>
      Array.from({ length: RUNS }, (_, i) =>
        carrier(
          `series/starvation/${strength}`,
          drawUntil(
            chance,
            (): Values => ({
              scenario: 'stream',
              duration_s: 3,
              background_fanout: i % 2 === 0 ? 100 : 0,
              tool_delay_ms: toolDelayMs,
            }),
            () => true,
          ),
        ),
      ),
  };
}

export const WINDOW_SERIES: readonly Series[] = [
  drizzle('barely', 1),
  drizzle('light', 2),
  drizzle(NOMINAL, 3),
  slowdown('barely', 3.5),
  slowdown(NOMINAL, 5),
  slowdown('heavy', 8),
  unfair('barely', 1_200),
  unfair(NOMINAL, 3_000),
];
