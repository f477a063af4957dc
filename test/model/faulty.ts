/** Production's detectors and analysis with bugs: they throw, always on the same input. */
import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import { traceIdOf } from '#processors/testing/exports.ts';
import { type AnalysisOf, rememberedAnalysis } from './stage1.ts';

/** Throws on the trace of that name, unless it has one span only: such as a late one would be, taken for a new trace. */
export function analysisThatFails(trace: string): AnalysisOf {
  const analysis = rememberedAnalysis();
  return (detectors) => (tenant, traceId, columns) => {
    if (traceId === traceIdOf(trace) && columns.n > 1) throw new Error('a bug of the analysis');
    return analysis(detectors)(tenant, traceId, columns);
  };
}

/** Throws where stage 2 asks what a signal's incident is called, and while a detector judges a window. */
export function detectorsThatFail(detectors: ConfiguredDetectors): ConfiguredDetectors {
  return {
    ...detectors,
    get: (kind) => detectors.get(kind),
    thresholdsDigest: (kind) => detectors.thresholdsDigest(kind),
    titleOf(kind) {
      if (kind === 'blocking_chain') throw new Error('a bug of a title');
      return detectors.titleOf(kind);
    },
    all: detectors.all.map((each) => ({
      ...each,
      detector: {
        ...each.detector,
        inWindow(window, config) {
          if (window.operation.includes('flaky') || each.detector.kind === 'fanout_collapse')
            throw new Error('a bug of a detector');
          return each.detector.inWindow?.(window, config) ?? [];
        },
      },
    })),
  };
}
