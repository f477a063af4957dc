/**
 * Workflows in which nothing has failed: ordinary ones, near misses (just short of a definition), and every control of
 * scenarios/controls. Whether a drawn run is healthy is decided by the definitions, not here.
 */
import { CONTROLS as SCENARIO_CONTROLS } from '../../registry.ts';
import type { Chance } from '../chance.ts';
import { retriesOf } from '../truth/decided.ts';
import { type Drawn, drawUntil, type Values } from './run-plan.ts';

export interface Control {
  readonly name: string;
  /** Just short of a failure, or easily taken for one. */
  readonly near: boolean;
  /** At most once in a mesh: several together may be a failure. */
  readonly once?: true;
  readonly scenario: Values['scenario'];
  /** `delay`: what a call of this mesh's tools takes, ms. */
  readonly draw: (chance: Chance, delay: number) => Values;
  /** What else must be true of the retries that the seed decides. */
  readonly retried?: (retried: number, amplification: number) => boolean;
}

const rounds = (chance: Chance, slots: [number, number], times: number) => {
  const concurrency = chance.whole(...slots);
  return { concurrency, fanout: concurrency * times };
};

const CONTROLS_OF_OUR_OWN: readonly Control[] = [
  {
    name: 'a slot for each call',
    near: false,
    scenario: 'fanout',
    draw: (chance, delay_ms) => ({
      scenario: 'fanout',
      fanout: chance.whole(3, 24),
      concurrency: chance.whole(24, 40),
      delay_ms,
    }),
  },
  {
    name: 'a narrow queue',
    near: true,
    scenario: 'fanout',
    draw: (chance, delay_ms) => ({
      scenario: 'fanout',
      fanout: chance.whole(5, 9),
      concurrency: chance.whole(1, 4),
      delay_ms,
    }),
  },
  {
    name: 'two rounds',
    near: true,
    scenario: 'fanout',
    draw: (chance, delay_ms) => ({ scenario: 'fanout', ...rounds(chance, [6, 12], 2), delay_ms }),
  },
  {
    name: 'a queue that is soon over',
    near: true,
    scenario: 'fanout',
    draw: (chance) => {
      const times = chance.whole(4, 6);
      // The last call starts before 0.2 s are over.
      const delay_ms = Math.floor(chance.between(80, 180) / (times - 1));
      return { scenario: 'fanout', ...rounds(chance, [5, 8], times), delay_ms };
    },
  },
  {
    name: 'one slow call among many',
    near: true,
    scenario: 'fanout',
    draw: (chance, delay_ms) => ({
      scenario: 'fanout',
      fanout: chance.whole(10, 24),
      concurrency: 24,
      delay_ms,
      straggler_factor: chance.whole(3, 12),
    }),
  },
  {
    name: 'a short chain',
    near: true,
    scenario: 'chain',
    draw: (chance, delay_ms) => ({ scenario: 'chain', depth: chance.whole(3, 19), delay_ms }),
  },
  {
    name: 'a deep chain that takes no time',
    near: true,
    scenario: 'chain',
    draw: (chance) => {
      const depth = chance.whole(20, 40);
      return { scenario: 'chain', depth, delay_ms: Math.floor(chance.between(20, 800) / depth) };
    },
  },
  {
    name: 'no failures',
    near: false,
    scenario: 'retry',
    draw: (chance, delay_ms) => ({
      scenario: 'retry',
      fanout: chance.whole(5, 24),
      concurrency: 24,
      delay_ms,
      error_rate: 0,
    }),
  },
  {
    name: 'a rare failure, tried again',
    near: false,
    scenario: 'retry',
    draw: (chance, delay_ms) => ({
      scenario: 'retry',
      fanout: chance.whole(30, 60),
      concurrency: 60,
      delay_ms,
      error_rate: 0.01,
    }),
    retried: (retried, amplification) => retried <= 2 && amplification < 1.045,
  },
  {
    name: 'four retries among few calls',
    near: true,
    once: true,
    scenario: 'retry',
    draw: (chance, delay_ms) => ({
      scenario: 'retry',
      fanout: chance.whole(12, 24),
      concurrency: 24,
      delay_ms,
      error_rate: 0.15,
    }),
    retried: (retried) => retried >= 3 && retried <= 4,
  },
  {
    name: 'failures that nobody tries again',
    near: true,
    scenario: 'retry',
    draw: (chance, delay_ms) => ({
      scenario: 'retry',
      fanout: chance.whole(10, 24),
      concurrency: 24,
      delay_ms,
      error_rate: chance.between(0.1, 0.6),
      max_retries: 0,
    }),
  },
  {
    name: 'fork and join',
    near: false,
    scenario: 'dag',
    draw: (chance, delay_ms) => ({
      scenario: 'dag',
      fanout: chance.whole(2, 24),
      delay_ms,
      slow_factor: 1,
    }),
  },
  {
    name: 'a slow branch',
    near: true,
    scenario: 'dag',
    draw: (chance, delay_ms) => ({
      scenario: 'dag',
      fanout: chance.whole(4, 24),
      delay_ms,
      slow_factor: chance.between(1.5, 12),
    }),
  },
  {
    name: 'an agent’s loop',
    near: false,
    scenario: 'react',
    draw: (chance, delay_ms) => ({
      scenario: 'react',
      max_steps: chance.whole(2, 15),
      delay_ms,
      tools_per_step: chance.whole(1, 2),
    }),
  },
  {
    name: 'a long loop',
    near: true,
    scenario: 'react',
    draw: (chance, delay_ms) => ({ scenario: 'react', max_steps: chance.whole(20, 35), delay_ms }),
  },
  {
    name: 'a wait for a person',
    near: true,
    scenario: 'human',
    draw: (chance, delay_ms) => ({ scenario: 'human', human_delay_s: chance.between(0.3, 60), delay_ms }),
  },
  {
    name: 'retrieval',
    near: false,
    scenario: 'rag',
    draw: (chance, delay_ms) => ({
      scenario: 'rag',
      rag_chunks: chance.whole(2, 15),
      rag_chunk_size_kb: chance.whole(1, 200),
      rag_growth: chance.happens(0.5) ? chance.between(0, 2) : 0,
      rag_mb_per_s: chance.oneOf([0, 10, 100]),
      delay_ms,
    }),
  },
  {
    name: 'a quiet stream',
    near: false,
    scenario: 'stream',
    draw: (chance) => ({
      scenario: 'stream',
      duration_s: chance.whole(2, 12),
      interval_ms: chance.whole(20, 150),
    }),
  },
  {
    name: 'a slow stream',
    near: true,
    scenario: 'stream',
    draw: (chance) => ({
      scenario: 'stream',
      duration_s: chance.whole(5, 15),
      interval_ms: chance.whole(300, 900),
      background_fanout: chance.whole(0, 19),
    }),
  },
  {
    name: 'a stream beside few calls',
    near: true,
    scenario: 'stream',
    draw: (chance) => ({
      scenario: 'stream',
      duration_s: chance.whole(3, 10),
      background_fanout: chance.whole(5, 19),
      tool_delay_ms: chance.whole(300, 500),
    }),
  },
  {
    name: 'a stream that waits for its own tools',
    near: true,
    scenario: 'stream',
    draw: (chance) => ({
      scenario: 'stream',
      duration_s: chance.whole(4, 10),
      own_tools: chance.whole(1, 4),
      tool_delay_ms: chance.whole(500, 2_000),
    }),
  },
  {
    name: 'a stream that stalls for less than a second',
    near: true,
    scenario: 'stream',
    draw: (chance) => ({
      scenario: 'stream',
      duration_s: chance.whole(5, 12),
      background_fanout: chance.whole(20, 39),
      tool_delay_ms: chance.whole(200, 600),
    }),
  },
];

/** The controls of scenarios/controls, as they stand there. */
const CONTROLS_OF_SCENARIOS: readonly Control[] = SCENARIO_CONTROLS.map(({ name, parameters }) => ({
  name: `scenario ${name}`,
  near: true,
  scenario: parameters.scenario,
  draw: () => parameters,
}));

export const CONTROLS: readonly Control[] = [...CONTROLS_OF_OUR_OWN, ...CONTROLS_OF_SCENARIOS];

/** A run of that control in which nothing has failed, by the definitions and not only by chance. */
export function drawControl(control: Control, chance: Chance, delay: number): Drawn {
  // Calls of one mesh take about the same; what they do to each other is another failure.
  const usual = () => Math.round(delay * chance.between(0.85, 1.2));
  return drawUntil(
    chance,
    () => control.draw(chance, usual()),
    ({ planted, undecided }, parameters) => {
      const { retried, amplification } = retriesOf(parameters);
      return (
        planted.length === 0 &&
        undecided.length === 0 &&
        (control.retried === undefined || control.retried(retried, amplification))
      );
    },
  );
}
