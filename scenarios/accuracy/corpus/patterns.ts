/** The failures that one trace shows, each at several strengths: from just past the definition to far beyond. */
import type { FindingKind } from '#schemas/events.ts';
import { scenario as chain } from '../../chain.scenario.ts';
import { scenario as fanout } from '../../fanout.scenario.ts';
import { scenario as retry } from '../../retry.scenario.ts';
import { scenario as stream } from '../../stream.scenario.ts';
import { scenario as layers } from '../../two-layers.scenario.ts';
import type { Chance } from '../chance.ts';
import type { Values } from './run-plan.ts';

export interface Strength {
  /** What a person would call it; `nominal` is the scenario as it stands in scenarios/. */
  readonly name: string;
  readonly about: string;
  readonly draw: (chance: Chance) => Values;
}

export interface Pattern {
  /** The detector that must find it, and the pattern's name. */
  readonly kind: FindingKind;
  /** From barely visible to extreme; one is `nominal`. */
  readonly strengths: readonly Strength[];
}

export const NOMINAL = 'nominal';

const queue = (chance: Chance, sizes: readonly (readonly [number, number])[], delays: [number, number]) => {
  const [width, concurrency] = chance.oneOf(sizes);
  return {
    scenario: 'fanout',
    fanout: width,
    concurrency,
    delay_ms: chance.whole(...delays),
  } as const;
};

/** A slot for each call: only the retries are the failure. */
const flaky = (error_rate: number) =>
  ({ scenario: 'retry', fanout: 100, concurrency: 100, delay_ms: 80, error_rate, max_retries: 3 }) as const;

export const PATTERNS: readonly Pattern[] = [
  {
    kind: 'fanout_collapse',
    strengths: [
      {
        name: 'barely',
        about: '10–70 calls on 3–20 slots: three and a half rounds of 75–90 ms',
        draw: (chance) =>
          queue(
            chance,
            [
              [10, 3],
              [12, 3],
              [28, 8],
              [35, 10],
              [70, 20],
            ],
            [75, 90],
          ),
      },
      {
        name: 'light',
        about: '20–80 calls on 5–20 slots: four rounds of 75–110 ms',
        draw: (chance) =>
          queue(
            chance,
            [
              [20, 5],
              [40, 10],
              [80, 20],
            ],
            [75, 110],
          ),
      },
      {
        name: NOMINAL,
        about: '100 calls on 20 slots: five rounds of 80 ms',
        draw: () => fanout.parameters,
      },
      {
        name: 'heavy',
        about: '40–96 calls on 5–12 slots: eight rounds',
        draw: (chance) =>
          queue(
            chance,
            [
              [40, 5],
              [96, 12],
            ],
            [60, 110],
          ),
      },
      {
        name: 'extreme',
        about: '100 calls on 2–5 slots: twenty rounds and more',
        draw: (chance) =>
          queue(
            chance,
            [
              [100, 5],
              [100, 2],
            ],
            [40, 90],
          ),
      },
    ],
  },
  {
    kind: 'blocking_chain',
    strengths: [
      {
        name: 'barely',
        about: '20–23 agents, 60–90 ms each: 1.2 to 2.1 s',
        draw: (chance) => ({
          scenario: 'chain',
          depth: chance.whole(20, 23),
          delay_ms: chance.whole(60, 90),
        }),
      },
      {
        name: 'light',
        about: '30 agents, 80 ms each',
        draw: () => ({ scenario: 'chain', depth: 30, delay_ms: 80 }),
      },
      { name: NOMINAL, about: '60 agents, 80 ms each', draw: () => chain.parameters },
      {
        name: 'heavy',
        about: '100 agents, 60–120 ms each',
        draw: (chance) => ({ scenario: 'chain', depth: 100, delay_ms: chance.whole(60, 120) }),
      },
      {
        name: 'extreme',
        about: '150 agents, 200 ms each',
        draw: () => ({ scenario: 'chain', depth: 150, delay_ms: 200 }),
      },
    ],
  },
  {
    kind: 'retry_storm',
    strengths: [
      {
        name: 'barely',
        about: '6 % of 100 calls fail and are tried again, a slot for each',
        draw: () => flaky(0.06),
      },
      { name: 'light', about: '8 %, a slot for each', draw: () => flaky(0.08) },
      {
        name: NOMINAL,
        about: '10 % of 100 calls on 20 slots, up to three retries',
        draw: () => retry.parameters,
      },
      { name: 'heavy', about: '20 %, a slot for each', draw: () => flaky(0.2) },
      {
        name: 'layers',
        about: 'half of them, tried again once, below agents that are tried again twice',
        draw: () => layers.parameters,
      },
      { name: 'extreme', about: '40 %, a slot for each', draw: () => flaky(0.4) },
    ],
  },
  {
    kind: 'starvation',
    strengths: [
      {
        name: 'barely',
        about: 'a stream of 8–14 s stands still for 1.2 s beside 60 calls',
        draw: (chance) => ({
          scenario: 'stream',
          duration_s: chance.whole(8, 14),
          background_fanout: 60,
          tool_delay_ms: 400,
        }),
      },
      {
        name: 'light',
        about: 'a stream of 8–14 s stands still for 1.6 s beside 80 calls',
        draw: (chance) => ({
          scenario: 'stream',
          duration_s: chance.whole(8, 14),
          background_fanout: 80,
          tool_delay_ms: 400,
        }),
      },
      {
        name: NOMINAL,
        about: 'a stream of 20 s stands still for 2.8 s beside 150 calls',
        draw: () => stream.parameters,
      },
      {
        name: 'heavy',
        about: 'a stream of 10 s stands still for 4 s beside 100 calls',
        draw: () => ({
          scenario: 'stream',
          duration_s: 10,
          background_fanout: 100,
          tool_delay_ms: 800,
        }),
      },
      {
        name: 'extreme',
        about: 'a stream of 6 s stands still for 10 s beside 100 calls',
        draw: () => ({
          scenario: 'stream',
          duration_s: 6,
          background_fanout: 100,
          tool_delay_ms: 2_000,
        }),
      },
    ],
  },
];
