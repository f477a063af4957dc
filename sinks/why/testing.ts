/** For tests: what the API says about slow traces. */
import type { Attribution, CriticalPath } from './api.ts';

const owner = { role: 'tool', service: 'tools', agent: 'tools', callerService: '', callerOperation: '' };

export const cause = (given: Partial<Attribution['causes'][number]> = {}): Attribution['causes'][number] => ({
  ...owner,
  ...{
    kind: 'operation',
    operation: 'search',
    slowInstances: [],
    moreSlowInstances: 0,
    meanMs: 880,
    baselineMeanMs: 100,
  },
  ...{ extraMs: 780, share: 0.97, moreMs: 0, slowerMs: 780, spansPerTrace: 1, baselineSpansPerTrace: 1 },
  ...{ msPerSpan: 880, baselineMsPerSpan: 100, isNew: false, traces: 10, baselineTraces: 90 },
  ...{ standardErrorMs: 4, confidence: 'high', exemplarTraceIds: ['a'.repeat(32)], movedTo: null },
  ...{
    byInstance: [],
    moreInstances: 0,
    text: 'Search of tools took 880 ms of a trace against 100 ms in the baseline.',
  },
  ...given,
});

export const attribution = (given: Partial<Attribution> = {}): Attribution => ({
  ...{
    from: '2026-11-21T12:00:00.000Z',
    to: '2026-11-21T13:00:00.000Z',
    baselineFrom: null,
    baselineTo: null,
  },
  root: { service: 'shop', agent: 'planner', operation: 'plan trip' },
  ...{ others: [], slow: 'p90', thresholdMs: 500 },
  set: { traces: 10, sampled: 10, meanMs: 900, waitMs: 0 },
  baseline: { traces: 90, sampled: 90, meanMs: 120, waitMs: 0 },
  ...{ refused: '', summary: '10 traces of 900 ms on average.', extraMs: 780, grownMs: 800, shrunkMs: 20 },
  causes: [
    cause(),
    cause({
      ...{ kind: 'edge', operation: 'rank', callerService: 'agents', callerOperation: 'plan' },
      ...{ extraMs: 20, share: 0.025, confidence: 'medium', text: 'The way took 30 ms.' },
    }),
    cause({ operation: 'store', extraMs: 4, share: 0.005, confidence: 'low', text: 'It could be chance.' }),
  ],
  ...{ rest: null, instances: [], faster: [], waits: [], failures: [] },
  more: { instances: 0, faster: 0, waits: 0, failures: 0 },
  ...given,
});

export const sharesOf = (n: number): CriticalPath['shares'] =>
  Array.from({ length: n }, (_, i) => ({
    ...owner,
    ...{ type: 'self', operation: `op ${i}`, instance: '', traces: 50, spans: 100, errors: 0 },
    ...{ totalMs: 1000, meanMs: 10, share: 1 / n, p50Ms: 20, p95Ms: 30, dragMs: 500, savingMs: 5 },
  }));

export const criticalPath = (given: Partial<CriticalPath> = {}): CriticalPath => ({
  ...{ from: '2026-11-21T12:00:00.000Z', to: '2026-11-21T13:00:00.000Z', traces: 100, withoutPath: 0 },
  ...{ totalMs: 20_000, meanMs: 200, p50Ms: 120, p95Ms: 900, shares: sharesOf(2), rest: null },
  ...given,
});
