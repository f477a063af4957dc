/** Across the streams of one instance: whether one has less of its own pace than the others. */
import { number, percent } from '#infra/format.ts';
import type { Fact, Finding } from '#schemas/events.ts';
import { ATTR } from '#schemas/semconv.ts';
import { normalise } from '../../trace/normalise.ts';
import type { TraceView } from '../../trace/view.ts';
import type { TraceFact, WindowContext } from '../detector.ts';
import { makeFinding } from '../finding.ts';
import { count, ratio, reader } from '../measures.ts';
import { jainIndex } from '../stats.ts';
import type { Background } from './background.ts';
import { paceOf, type StallLimits, type Stream } from './stalls.ts';

export interface FairnessLimits {
  readonly minFairness: number;
  readonly minStreams: number;
}

const instanceOf = (view: TraceView, { row }: Stream): string | undefined => {
  const instance = view.resource(row, ATTR.SERVICE_INSTANCE_ID);
  return typeof instance === 'string' && instance !== '' ? instance : undefined;
};

/** True where a stream has an instance, and gaps enough to know its rate. */
export function tellsFairness(view: TraceView, stream: Stream, limits: StallLimits): boolean {
  return stream.chunks.length > limits.minCleanGaps && instanceOf(view, stream) !== undefined;
}

/**
 * How fast the stream was, as a share of its own pace and without the time of its own tools: a slow model beside fast
 * ones is not treated unfairly. Of a stream with too few gaps nothing can be said.
 */
export function fairnessFact(
  view: TraceView,
  stream: Stream,
  background: Background,
  limits: StallLimits,
): TraceFact | undefined {
  const instance = instanceOf(view, stream);
  const { chunks } = stream;
  if (instance === undefined || chunks.length <= limits.minCleanGaps) return undefined;
  const { baseline } = paceOf(stream, background, limits);
  const [first, last] = [chunks[0], chunks[chunks.length - 1]];
  const active = last - first - background.own.busyWithin(first, last);
  if (baseline === undefined || active <= 0 || baseline <= 0) return undefined;
  const fact: Fact = {
    kind: 'starvation',
    callee: view.strings[view.operation[stream.row]],
    values: [
      ratio('relative_rate', ((chunks.length - 1) * baseline) / active),
      count('chunks', chunks.length),
    ],
  };
  const agent = normalise(view.strings[view.service[stream.row]]);
  return { scope: 'instance', agent, operation: instance, fact };
}

interface Rate {
  readonly stream: string;
  readonly rate: number;
}

function ratesIn(window: WindowContext): Rate[] {
  return window.traces
    .flatMap(({ facts }) =>
      facts.flatMap(({ callee, values }) =>
        values
          .filter(({ name }) => name === 'relative_rate')
          .map(({ value }) => ({ stream: callee, rate: value })),
      ),
    )
    .sort((a, b) => a.rate - b.rate || (a.stream < b.stream ? -1 : 1));
}

/** Jain, Chiu, Hawe: "A Quantitative Measure of Fairness", DEC-TR-301, 1984. Of a window of one instance. */
export function unfair(window: WindowContext, limits: FairnessLimits): Finding | undefined {
  const rates = ratesIn(window);
  const fairness = jainIndex(rates.map(({ rate }) => rate));
  if (rates.length < limits.minStreams || fairness >= limits.minFairness) return undefined;
  const [slowest, fastest] = [rates[0], rates[rates.length - 1]];
  const evidence = [
    ratio('fairness', fairness),
    count('streams', rates.length),
    ratio('slowest_rate', slowest.rate),
    ratio('fastest_rate', fastest.rate),
    ratio('mean_rate', rates.reduce((sum, { rate }) => sum + rate, 0) / rates.length),
  ];
  const e = reader(evidence);
  return makeFinding(window.tenant, {
    kind: 'starvation',
    severity: 'warning',
    agent: window.agent,
    operation: window.operation,
    signature: 'streams',
    evidence,
    timeline: [],
    explanation:
      `${number(rates.length)} streams of one instance of ${window.agent} (${window.operation}) shared it unevenly: the ` +
      `slowest (${slowest.stream}) ran at ${percent(e('slowest_rate'))} of its own pace, the fastest (${fastest.stream}) at ` +
      `${percent(e('fastest_rate'))} (Jain's fairness index ${e('fairness').toFixed(2)}, 1 is fair).`,
    recommendations: [
      {
        action: 'separate_pools',
        text:
          `Serve the ${number(rates.length)} streams in turn or give each slots of its own: at equal shares each would ` +
          `run at about ${percent(e('mean_rate'))} of its pace, the slowest instead of at ${percent(e('slowest_rate'))}.`,
      },
    ],
  });
}
