import { BACKGROUND_START, SHARED_SLOTS } from '../agent-app/choices.ts';
import type { StreamParameters } from '../agent-app/parameters.ts';
import type { GroundTruth, PlantedFailure } from '../truth.ts';
import { collapseOf } from './collapse.ts';
import { agentOf, callMs, greatest, type Mesh, sum } from './ideal.ts';

interface Gap {
  readonly from: number;
  readonly to: number;
  /** Of it the time of the stream's own tool. */
  readonly own: number;
}

interface Streamed {
  readonly gaps: readonly Gap[];
  readonly length: number;
}

/**
 * The stream's chunks. One that asks for a slot while background calls still queue comes after all of them: when as many
 * rounds are over as the calls fill. Later ones find a slot free.
 */
function streamOf(parameters: StreamParameters, begin: number, call: number): Streamed {
  const { duration_s, interval_ms, background_fanout, own_tools, tool_delay_ms } = parameters;
  const length = duration_s * 1000;
  const released = begin + Math.floor(background_fanout / SHARED_SLOTS) * call;
  const gaps: Gap[] = [];
  let at = 0;
  let last = -1;
  let used = 0;
  let own = 0;
  while (at < length) {
    at += interval_ms;
    if (at >= begin && at < released) at = released;
    if (last >= 0) gaps.push({ from: last, to: at, own });
    last = at;
    own = 0;
    if (used < own_tools && at >= (length * (used + 1)) / (own_tools + 1)) {
      own = callMs(tool_delay_ms);
      at += own;
      used++;
    }
  }
  return { gaps, length: at };
}

/**
 * Starvation (design §5): gaps above max(4 × the stream's interval, 250 ms) that are no waits for its own tools, max(1 s,
 * 5 % of the stream) in all, at least 80 % of it beside background calls.
 */
export function streamTruth(parameters: StreamParameters, mesh: Mesh): GroundTruth {
  const { interval_ms, background_fanout, tool_delay_ms, own_tools } = parameters;
  const call = callMs(tool_delay_ms);
  const begin = parameters.duration_s * 1000 * BACKGROUND_START;
  const end = begin + Math.ceil(background_fanout / SHARED_SLOTS) * call;
  const { gaps, length } = streamOf(parameters, begin, call);
  const stalls = gaps.filter(({ from, to, own }) => to - from - own > Math.max(4 * interval_ms, 250));
  const stalled = sum(stalls.map(({ from, to }) => to - from));
  const beside = sum(stalls.map(({ from, to }) => Math.max(0, Math.min(to, end) - Math.max(from, begin))));
  const numbers = {
    stalls: stalls.length,
    stalled,
    longest_stall: greatest(stalls.map(({ from, to }) => to - from)),
    baseline_gap: interval_ms,
  };
  const starvation: PlantedFailure = {
    kind: 'starvation',
    agent: agentOf(mesh, 'writer'),
    callee: 'index',
    numbers,
  };
  const isStarved = stalled >= Math.max(1000, 0.05 * length) && beside >= 0.8 * stalled;
  const collapse = collapseOf({
    agent: agentOf(mesh, 'planner'),
    callee: 'index',
    service: new Array<number>(background_fanout).fill(call),
    slots: SHARED_SLOTS,
  });
  // One chunk has no pace. With both tools and background work chance decides which of them a chunk comes after.
  const isSure = gaps.length > 0 && (own_tools === 0 || background_fanout < SHARED_SLOTS);
  const found = stalls.length > 0 && beside >= 0.8 * stalled;
  return {
    failures: [...(isStarved ? [starvation] : []), ...collapse],
    insights: isSure ? [{ kind: 'stream', found, numbers }] : [],
  };
}
