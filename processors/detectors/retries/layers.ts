/**
 * At which levels calls are tried again. Whoever retries a call repeats everything below it, so that the retries of
 * nested layers multiply: three layers of three attempts are 27 (Google SRE book, "Addressing Cascading Failures").
 */

import { number } from '#infra/format.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import { int32s } from '../../trace/arrays.ts';
import { oncePerView } from '../../trace/once-per-view.ts';
import type { TraceView } from '../../trace/view.ts';
import { isCall } from '../calls.ts';
import { entry } from '../finding.ts';
import { count, ratio } from '../measures.ts';
import { foldAttempts } from './attempts.ts';

/** All calls of one callee that were made by way of the same callees, from the top of the trace. */
interface Way {
  readonly callee: number;
  /** Index of the way of the calls right above; -1 at the top. */
  readonly above: number;
  attempts: number;
  retries: number;
  /** The first attempt in span order that is a retry, else the first at all. */
  sample: number;
  sampleIsRetry: boolean;
  start: number;
  end: number;
  /** Product of the amplifications above. */
  repeated: number;
}

interface Ways {
  readonly list: readonly Way[];
  /** Of a call its way; of any other row that of the nearest call above, or -1. */
  readonly of: Int32Array;
}

const operationsOf = (way: Way) => way.attempts - way.retries;
const amplificationOf = (way: Way) => way.attempts / operationsOf(way);

function waysOf(view: TraceView): Ways {
  const { previous } = foldAttempts(view);
  const of = int32s(view.n).fill(-1);
  const list: Way[] = [];
  const known = new Map<number, number>();
  for (const row of view.topDown) {
    const above = view.parent[row] < 0 ? -1 : of[view.parent[row]];
    of[row] = above;
    if (!isCall(view, row)) continue;
    const callee = view.callee[row];
    const key = (above + 1) * view.strings.length + callee;
    let at = known.get(key);
    if (at === undefined) {
      const fresh = { attempts: 0, retries: 0, sample: row, sampleIsRetry: false, repeated: 1 };
      at = list.push({ callee, above, ...fresh, start: view.start[row], end: view.end[row] }) - 1;
      known.set(key, at);
    }
    of[row] = at;
    countIn(view, list[at], row, previous[row] >= 0);
  }
  // A way comes after the one above it.
  for (const way of list)
    if (way.above >= 0) way.repeated = list[way.above].repeated * amplificationOf(list[way.above]);
  return { list, of };
}

function countIn(view: TraceView, way: Way, row: number, isRetry: boolean): void {
  way.attempts++;
  if (isRetry) way.retries++;
  way.start = Math.min(way.start, view.start[row]);
  way.end = Math.max(way.end, view.end[row]);
  const better = isRetry === way.sampleIsRetry ? row < way.sample : isRetry;
  if (better) way.sample = row;
  way.sampleIsRetry ||= isRetry;
}

const waysInView = oncePerView(waysOf);

/** One level at which calls are tried again. */
export interface RetryLayer {
  /** Operation of the span that makes the calls. */
  readonly caller: string;
  readonly callee: string;
  readonly operations: number;
  readonly attempts: number;
  /** In ns from the trace's start: of all its attempts. */
  readonly start: number;
  readonly end: number;
}

/** What multiplies so often is told by its strongest layers: real stacks have three or four. */
const MOST_LAYERS = 8;

const amplification = ({ attempts, operations }: RetryLayer) => attempts / operations;

/**
 * The layers that retry on the way to a callee, outermost first, the callee's own calls last. Of several ways to it the
 * one with most retries. `rows`: the calls of the callee, at least one.
 */
export function retryLayers(view: TraceView, rows: readonly number[]): RetryLayer[] {
  const { list, of } = waysInView(view);
  let at = of[rows[0]];
  for (const row of rows) {
    const other = list[of[row]];
    const more = other.retries - list[at].retries || other.attempts - list[at].attempts || at - of[row];
    if (more > 0) at = of[row];
  }
  const own = list[at];
  const above: RetryLayer[] = [];
  for (let up = own.above; up >= 0; up = list[up].above) {
    if (list[up].retries > 0) above.unshift(layerOf(view, list[up]));
  }
  const strongest = new Set(
    [...above].sort((a, b) => amplification(b) - amplification(a)).slice(0, MOST_LAYERS - 1),
  );
  return [...above.filter((layer) => strongest.has(layer)), layerOf(view, own)];
}

function layerOf(view: TraceView, way: Way): RetryLayer {
  const caller = view.parent[way.sample] < 0 ? way.sample : view.parent[way.sample];
  return {
    caller: view.strings[view.operation[caller]],
    callee: view.strings[way.callee],
    operations: operationsOf(way),
    attempts: way.attempts,
    start: way.start,
    end: way.end,
  };
}

/** How many calls there would be among `rows` (calls of one callee) if nobody above had tried anything again. */
export function unrepeatedOperations(view: TraceView, rows: readonly number[]): number {
  const { list, of } = waysInView(view);
  const { previous } = foldAttempts(view);
  let calls = 0;
  for (const row of rows) if (previous[row] < 0) calls += 1 / list[of[row]].repeated;
  return calls;
}

export const totalAmplification = (layers: readonly RetryLayer[]): number =>
  layers.reduce((product, layer) => product * amplification(layer), 1);

/**
 * `layers` and `total_amplification`; from two layers on each one's numbers, 1 the outermost, and how many attempts at
 * the callee would be left if only the innermost retried.
 */
export function layerMeasures(layers: readonly RetryLayer[]): Measure[] {
  const total = totalAmplification(layers);
  const own = layers[layers.length - 1];
  const measures = [count('layers', layers.length), ratio('total_amplification', total)];
  if (layers.length === 1) return measures;
  for (const [index, layer] of layers.entries()) {
    const name = `layer_${index + 1}`;
    measures.push(
      count(`${name}_operations`, layer.operations),
      count(`${name}_attempts`, layer.attempts),
      ratio(`${name}_amplification`, amplification(layer)),
    );
  }
  measures.push(count('one_layer_attempts', Math.round((own.attempts * amplification(own)) / total)));
  return measures;
}

/** A line for each of several layers: who called whom, and how often. */
export function layerTimeline(layers: readonly RetryLayer[]): TimelineEntry[] {
  if (layers.length === 1) return [];
  return layers.map((layer, index) =>
    entry(
      `layer ${index + 1}: ${layer.caller} → ${layer.callee}`,
      layer.start,
      layer.end,
      `${number(layer.attempts)} attempts for ${number(layer.operations)} calls`,
    ),
  );
}

/** ` Retries multiply over 2 layers: …`; empty for one layer. */
export function layerText(layers: readonly RetryLayer[]): string {
  if (layers.length === 1) return '';
  const chain = layers.map((layer) => {
    const times = `${amplification(layer).toFixed(2)} attempts for each call`;
    return `${layer.caller} calls ${layer.callee} (${times})`;
  });
  const shown = layers.map((layer) => amplification(layer).toFixed(2));
  const most = shown.indexOf(shown.reduce((a, b) => (Number(b) > Number(a) ? b : a)));
  const alone = shown.filter((each) => each === shown[most]).length === 1;
  const own = layers[layers.length - 1];
  return (
    ` Retries multiply over ${number(layers.length)} layers: ${chain.join(', ')}; together ` +
    `${totalAmplification(layers).toFixed(2)} times the load on ${own.callee}` +
    `${alone ? `, most of it by ${layers[most].caller}` : ''}.`
  );
}
