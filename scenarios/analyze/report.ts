/** What an analysis says, as one JSON document for machines. */
import type { TraceSummary } from '#schemas/events.ts';
import type { Analysis } from './analyse.ts';
import { isWhole, type ReadFile } from './files.ts';
import { nameOf } from './page.ts';
import { toIncident, toTrace } from './to-trace.ts';

/** Rises when a field changes its meaning or goes; new fields may come at any time. */
export const REPORT_VERSION = 1;

/**
 * `{version, complete, files, traces, incidents}`. Traces and incidents have the shapes that the query API gives them
 * (`GET /v1/traces/:id` without spans, `GET /v1/incidents/:id`); times in ns are from the trace's start.
 */
export function reportOf(files: readonly ReadFile[], { traces, incidents }: Analysis) {
  return {
    version: REPORT_VERSION,
    /** Nothing of any file was left out. */
    complete: files.every(isWhole),
    files: files.map(fileOf),
    traces: traces.map((trace) => {
      const { resources, spans, truncated, closed, ...rest } = toTrace(trace);
      return {
        ...rest,
        /** As the file names it. */
        name: nameOf(trace, files),
        /** Positions in `files`. */
        files: trace.files,
        duplicates: trace.duplicates,
        /** Names that stand in the file where ids should, by the id that stands for each in this document. */
        spanNames: spanNames(trace.summary, files),
      };
    }),
    incidents: incidents.map(toIncident),
  };
}

function fileOf({ name, reading, reason }: ReadFile) {
  const { formats = [], compression = 'none', spans = 0, notes = [] } = reading ?? {};
  const faults = reading?.faults.first ?? [{ place: '', reason }];
  return {
    ...{ name, formats, compression, spans, notes },
    /** `count` in all, the first hundred with their places. */
    faults: { count: reading?.faults.count ?? 1, first: faults },
    skippedSpans: { count: reading?.skipped.count ?? 0, first: reading?.skipped.first ?? [] },
  };
}

function spanNames({ path, rootSpanId }: TraceSummary, files: readonly ReadFile[]): Record<string, string> {
  const names: Record<string, string> = {};
  for (const id of [rootSpanId, ...path.map(({ spanId }) => spanId)])
    for (const { reading } of files) {
      const name = reading?.names.get(id);
      if (name !== undefined) names[id] = name;
    }
  return names;
}
