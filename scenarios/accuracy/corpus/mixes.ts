/** Two workflows of one session, each with its own failure: both must be found, each at its own root. */
import type { FindingKind } from '#schemas/events.ts';
import { scenario as chain } from '../../chain.scenario.ts';
import { scenario as fanout } from '../../fanout.scenario.ts';
import { scenario as retry } from '../../retry.scenario.ts';
import type { Values } from './run-plan.ts';

interface Part {
  readonly kind: FindingKind;
  readonly values: Values;
}

export interface Mix {
  readonly name: string;
  readonly parts: readonly Part[];
  /** At the same time; else one after the other. */
  readonly beside: boolean;
}

const COLLAPSE: Part = { kind: 'fanout_collapse', values: fanout.parameters };
const CHAIN: Part = { kind: 'blocking_chain', values: chain.parameters };
const STORM: Part = { kind: 'retry_storm', values: retry.parameters };
const STARVED: Part = {
  kind: 'starvation',
  values: { scenario: 'stream', duration_s: 6, background_fanout: 80, tool_delay_ms: 400 },
};
/** Longer than the stream, so that the workflow waits for it. */
const LONG_CHAIN: Part = { kind: 'blocking_chain', values: { scenario: 'chain', depth: 60, delay_ms: 200 } };

const mix = (name: string, beside: boolean, ...parts: readonly Part[]): Mix => ({ name, beside, parts });

export const MIXES: readonly Mix[] = [
  mix('fan-out, then retries', false, COLLAPSE, STORM),
  mix('fan-out beside retries', true, COLLAPSE, STORM),
  mix('chain, then fan-out', false, CHAIN, COLLAPSE),
  mix('chain beside fan-out', true, CHAIN, COLLAPSE),
  mix('retries, then chain', false, STORM, CHAIN),
  mix('retries beside chain', true, STORM, CHAIN),
  mix('stream, then fan-out', false, STARVED, COLLAPSE),
  mix('stream beside retries', true, STARVED, STORM),
  mix('stream beside chain', true, STARVED, LONG_CHAIN),
];
