/** Stage 1 in this thread: what a worker thread runs, behind the same seam (`Stage1Runner`). */
import { analyseTrace, type TraceAnalysis } from '#processors/analyse.ts';
import type { Analyse } from '#processors/assembly/partition-processor.ts';
import type { AssemblySettings } from '#processors/assembly/settings.ts';
import { Stage1 } from '#processors/assembly/stage1.ts';
import type { ConfiguredDetectors } from '#processors/detectors/registry.ts';
import type { Stage1Runner } from '#processors/runtime/worker-pool.ts';

/** The analysis that a processor with these detectors does. */
export type AnalysisOf = (detectors: ConfiguredDetectors) => Analyse;

/** Production's; a trace with the same spans in the same order is analysed once for all runs: it is a pure function. */
export function rememberedAnalysis(): AnalysisOf {
  const known = new Map<string, TraceAnalysis>();
  return (detectors) => (tenant, traceId, columns) => {
    const spans = Buffer.from(columns.spanId.buffer, columns.spanId.byteOffset, columns.n * 8).toString(
      'latin1',
    );
    const key = `${tenant} ${traceId} ${spans}`;
    const found = known.get(key) ?? kept(analyseTrace(tenant, traceId, columns, detectors));
    known.set(key, found);
    return found;
  };
}

/** With lists that the next trace does not write over. */
function kept(analysis: TraceAnalysis): TraceAnalysis {
  const { bytes, graphEnd, length } = analysis.lists;
  return { ...analysis, lists: { bytes: Buffer.from(bytes.subarray(0, length)), graphEnd, length } };
}

export function stage1Of(
  settings: AssemblySettings,
  detectors: ConfiguredDetectors,
  analysisOf: AnalysisOf,
): Stage1Runner {
  const stage1 = new Stage1(settings, analysisOf(detectors));
  return { run: async (task) => stage1.run(task), close: async () => {} };
}
