/** Across the streams of one instance: whether one has less of its own pace than the others. */

import type { TraceView } from '#processors/trace/view.ts';
import type { Fact } from '#schemas/events.ts';
import { ATTR } from '#schemas/semconv.ts';
import { normalise } from '../../trace/normalise.ts';
import type { TraceFact } from '../detector.ts';
import { count, ratio } from '../measures.ts';
import type { Background } from './background.ts';
import { paceOf, type StallLimits, type Stream } from './stalls.ts';

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
