/** What a run plants, and where chance decides: then either answer is right and none is counted. */
import type { ScenarioParameters } from '#producers/agents/agent-app/parameters.ts';
import { type Mesh, serveInOrder, sum } from '#producers/agents/truth/ideal.ts';
import { groundTruth, type PlantedFailure } from '#producers/agents/truth.ts';

/** A failure by what it is and of what; whose it is, is to be named. */
export interface Kind {
  readonly kind: string;
  /** What is called, before normalisation. */
  readonly callee: string;
}

/** A failure that was planted. */
export interface Planted extends Kind {
  /** Its root, with the mesh's prefix, before normalisation; any of them where a definition leaves it open. */
  readonly agents: readonly string[];
}

export interface Known {
  readonly planted: readonly Planted[];
  /** Too near a threshold: the definition would decide by noise. */
  readonly undecided: readonly Kind[];
}

export interface Circumstances {
  /** Up to which share of its time a tool call takes longer than asked. */
  readonly spread: number;
  /** Some spans never arrive. */
  readonly lossy: boolean;
}

/** Ideal times are right within this share; a call takes up to `spread` more. */
const TIME_MARGIN = 0.03;
/** Of the queue's share in the calls' time (threshold 0.5), and how much of the spread shows in it. */
const QUEUE_MARGIN = 0.04;
const QUEUE_PER_SPREAD = 0.2;
const QUEUE_THRESHOLD = 0.5;
/** What the loss of spans can take off a count, and off an amplification. */
const LOST_COUNT = 2;
const LOST_AMPLIFICATION = 0.02;
/** Thresholds of design §5 on counts, which only a loss makes uncertain. */
const LEAST_WIDTH = 10;
const LEAST_DEPTH = 20;
const LEAST_RETRIED = 5;
const LEAST_AMPLIFICATION = 1.05;
const MOSTLY_RETRIES = 2;

const keyOf = ({ kind, callee }: Kind) => `${kind} ${callee}`;

/**
 * What a run of these parameters plants by the definitions of design §5 with ideal times. A failure that comes or goes
 * when times are a little other, or a count a little less, is undecided.
 */
export function knownOf(parameters: ScenarioParameters, mesh: Mesh, { spread, lossy }: Circumstances): Known {
  const truths = [1 - TIME_MARGIN, 1, 1 + spread].map(
    (factor) => groundTruth(timesScaled(parameters, factor), mesh).failures,
  );
  const all = new Map(truths.flat().map((failure) => [keyOf(failure), failure]));
  const planted: Planted[] = [];
  const undecided: Kind[] = [];
  const queue = queueIsMarginal(parameters, spread);
  for (const [key, failure] of all) {
    const sure =
      truths.every((failures) => failures.some((each) => keyOf(each) === key)) &&
      !(failure.kind === 'fanout_collapse' && queue) &&
      !(lossy && lossDecides(parameters, failure));
    if (sure) planted.push({ kind: failure.kind, callee: failure.callee, agents: [failure.agent] });
    else undecided.push({ kind: failure.kind, callee: failure.callee });
  }
  if (queue && undecided.every(({ kind }) => kind !== 'fanout_collapse'))
    undecided.push({ kind: 'fanout_collapse', callee: queueOf(parameters)?.callee ?? '' });
  return { planted, undecided };
}

function timesScaled(parameters: ScenarioParameters, factor: number): ScenarioParameters {
  const scaled = (ms: number) => (factor < 1 ? Math.floor(ms * factor) : Math.ceil(ms * factor));
  if (parameters.scenario === 'stream')
    return { ...parameters, tool_delay_ms: scaled(parameters.tool_delay_ms) };
  return { ...parameters, delay_ms: scaled(parameters.delay_ms) };
}

interface Queue {
  readonly callee: string;
  readonly width: number;
  readonly slots: number;
}

/** The calls that a run offers together to slots; undefined where each finds one. */
function queueOf(parameters: ScenarioParameters): Queue | undefined {
  switch (parameters.scenario) {
    case 'fanout':
      return { callee: 'search', width: parameters.fanout, slots: parameters.concurrency };
    case 'retry':
      return { callee: 'flaky', width: parameters.fanout, slots: parameters.concurrency };
    case 'stream':
      return { callee: 'index', width: parameters.background_fanout, slots: 20 };
    default:
      return undefined;
  }
}

/** Whether noise decides if half of the calls' time is waiting. */
function queueIsMarginal(parameters: ScenarioParameters, spread: number): boolean {
  const queue = queueOf(parameters);
  if (queue === undefined || queue.width < LEAST_WIDTH || queue.width < 2 * queue.slots) return false;
  const calls = new Array<number>(queue.width).fill(1);
  const waited = sum(serveInOrder(calls, queue.slots).map(({ start }) => start));
  const share = waited / (waited + queue.width);
  const below = QUEUE_MARGIN + QUEUE_PER_SPREAD * spread;
  return share > QUEUE_THRESHOLD - below && share < QUEUE_THRESHOLD + QUEUE_MARGIN;
}

/** Whether a few lost spans can take a count below its threshold. */
function lossDecides(parameters: ScenarioParameters, { kind, numbers }: PlantedFailure): boolean {
  switch (kind) {
    case 'fanout_collapse':
      return (
        numbers.offered_width < LEAST_WIDTH + LOST_COUNT ||
        (parameters.scenario === 'retry' &&
          Math.abs(retriesOf(parameters).amplification - MOSTLY_RETRIES) < 5 * LOST_AMPLIFICATION)
      );
    case 'blocking_chain':
      return numbers.depth < LEAST_DEPTH + LOST_COUNT;
    case 'retry_storm':
      return (
        numbers.retried_operations < LEAST_RETRIED + LOST_COUNT ||
        numbers.amplification < LEAST_AMPLIFICATION + LOST_AMPLIFICATION
      );
    default:
      return false;
  }
}

export interface Retries {
  readonly logical: number;
  readonly attempts: number;
  readonly retried: number;
  readonly amplification: number;
}

/** How often a run's calls are tried again: exactly, since the seed decides it. None but in the retry workflow. */
export function retriesOf(parameters: ScenarioParameters): Retries {
  if (parameters.scenario !== 'retry') return { logical: 0, attempts: 0, retried: 0, amplification: 1 };
  const said = groundTruth(parameters, { agentPrefix: '' }).insights.find(({ kind }) => kind === 'retries');
  const { attempts = parameters.fanout, retried_operations: retried = 0 } = said?.numbers ?? {};
  return {
    logical: parameters.fanout,
    attempts,
    retried,
    amplification: attempts / parameters.fanout,
  };
}
