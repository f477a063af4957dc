/**
 * What only several traces of one mesh show together, worked out from their parameters by the definitions of design §5:
 * windows of 60 s every 10 s by the ends of the runs; a failure is there when two of three windows that start 60 s apart
 * show it. Where a little more or less, or a moment sooner or later, would decide, the answer is `either`.
 */

import { BACKGROUND_START, SHARED_SLOTS } from '#producers/agents/agent-app/choices.ts';
import type { ScenarioParameters, StreamParameters } from '#producers/agents/agent-app/parameters.ts';
import { agentOf, callMs, serveInOrder, sum } from '#producers/agents/truth/ideal.ts';
import { type Planted, retriesOf } from './decided.ts';

const WINDOW_MS = 60_000;
const HOP_MS = 10_000;
const OPEN_AFTER = 2;
const OPEN_OF = 3;
/** Ends of runs are known to so much: clocks are off. */
const SHIFTS_MS = [-1_000, 0, 1_000];

export interface PlayedRun {
  readonly parameters: ScenarioParameters;
  /** Unix ms at which its root ended. */
  readonly endUnixMs: number;
}

export interface WindowPlace {
  readonly agentPrefix: string;
  readonly serviceName: string;
}

/** True where the runs of one window show it; `slack` moves every threshold: −1 easier, 1 harder to reach, 0 exactly. */
type Shows = (runs: readonly ScenarioParameters[], slack: -1 | 0 | 1) => boolean;

export interface WindowTruth {
  readonly planted: readonly Planted[];
  readonly either: readonly Planted[];
}

/** What the windows of one mesh's runs must show (`planted`), and what they may (`either`). */
export function windowTruth(
  runs: readonly PlayedRun[],
  { agentPrefix, serviceName }: WindowPlace,
): WindowTruth {
  const agent = (name: string) => agentOf({ agentPrefix }, name);
  const candidates: readonly (readonly [Planted, Shows])[] = [
    [{ kind: 'retry_storm', callee: 'flaky', agents: [agent('caller')] }, retriesShow],
    // The definition names the operation that calls; the planner is what offers it so much work.
    [
      { kind: 'fanout_collapse', callee: 'search', agents: [agent('researcher'), agent('planner')] },
      slowdownShows,
    ],
    [{ kind: 'starvation', callee: 'stream', agents: [serviceName] }, unfairnessShows],
  ];
  const planted: Planted[] = [];
  const either: Planted[] = [];
  for (const [failure, shows] of candidates) {
    const opens = (shift: number, slack: -1 | 0 | 1) => opensIn(runs, shift, (of) => shows(of, slack));
    if (SHIFTS_MS.every((shift) => opens(shift, 1))) planted.push(failure);
    else if (SHIFTS_MS.some((shift) => opens(shift, -1))) either.push(failure);
  }
  return { planted, either };
}

/** Whether some window and one of the two before it show it. */
function opensIn(
  runs: readonly PlayedRun[],
  shiftMs: number,
  shows: (runs: readonly ScenarioParameters[]) => boolean,
): boolean {
  if (runs.length === 0) return false;
  const ends = runs.map(({ endUnixMs }) => endUnixMs + shiftMs);
  const known = new Map<number, boolean>();
  const shown = (end: number): boolean => {
    let answer = known.get(end);
    if (answer === undefined) {
      const within = runs.filter((_, i) => ends[i] >= end - WINDOW_MS && ends[i] < end);
      answer = shows(within.map(({ parameters }) => parameters));
      known.set(end, answer);
    }
    return answer;
  };
  const last = Math.max(...ends) + WINDOW_MS;
  for (let end = Math.floor(Math.min(...ends) / HOP_MS) * HOP_MS; end <= last; end += HOP_MS) {
    if (!shown(end)) continue;
    let count = 1;
    for (let back = 1; back < OPEN_OF; back++) if (shown(end - back * WINDOW_MS)) count++;
    if (count >= OPEN_AFTER) return true;
  }
  return false;
}

/** At least 5 retried calls and 1.05 attempts a call, over all traces of the window. */
const retriesShow: Shows = (runs, slack) => {
  const all = runs.map(retriesOf);
  const logical = sum(all.map((each) => each.logical));
  const retried = sum(all.map((each) => each.retried));
  if (logical === 0) return false;
  const amplification = sum(all.map((each) => each.attempts)) / logical;
  return retried >= 5 + slack && amplification >= 1.05 + 0.01 * slack;
};

/** The tool's p50 at a concurrency of 10 or more is three times that at 2 or less; ten samples of each. */
const slowdownShows: Shows = (runs, slack) => {
  const alone: number[] = [];
  const crowded: number[] = [];
  for (const parameters of runs) {
    if (parameters.scenario !== 'fanout') continue;
    const { fanout, concurrency, delay_ms } = parameters;
    const served = serveInOrder(new Array<number>(fanout).fill(callMs(delay_ms)), concurrency);
    for (const call of served) {
      const beside = sum(
        served.map((each) => Math.max(0, Math.min(each.end, call.end) - Math.max(each.start, call.start))),
      );
      const level = beside / (call.end - call.start);
      if (level <= 2) alone.push(call.end - call.start);
      else if (level >= 10) crowded.push(call.end - call.start);
    }
  }
  const least = 10 + 2 * slack;
  if (alone.length < least || crowded.length < least) return false;
  return median(crowded) >= (3 + 0.15 * slack) * median(alone);
};

function median(values: readonly number[]): number {
  const rising = [...values].sort((a, b) => a - b);
  return (rising[(rising.length - 1) >> 1] + rising[rising.length >> 1]) / 2;
}

/** Jain's index of the streams' rates, each against its own pace, is below 0.7; three streams or more. */
const unfairnessShows: Shows = (runs, slack) => {
  const rates = runs.flatMap((parameters) => (parameters.scenario === 'stream' ? [rateOf(parameters)] : []));
  if (rates.length < 3) return false;
  const fairness = sum(rates) ** 2 / (rates.length * sum(rates.map((rate) => rate ** 2)));
  return fairness < 0.7 - 0.05 * slack;
};

/** 1 for a stream that always keeps its own pace: what it had taken, of what it took. */
function rateOf({ duration_s, tool_delay_ms, background_fanout }: StreamParameters): number {
  const length = duration_s * 1_000;
  const begin = length * BACKGROUND_START;
  const held = Math.floor(background_fanout / SHARED_SLOTS) * callMs(tool_delay_ms);
  if (held === 0) return 1;
  const streamed = begin + Math.max(0, length - begin - held);
  return streamed / (begin + Math.max(held, length - begin));
}
