/** What must come out of the corpora: both stages in memory, with production's processors and no broker. */
import { createHash } from 'node:crypto';
import { type CorpusOptions, spanLog } from '#bench/corpus/span-log.ts';
import { PipelineDriver } from '#processors/testing/driver.ts';
import type { IncidentEvent, TraceSummary } from '#schemas/events.ts';

export interface Counts {
  readonly spans: number;
  /** Records on ati.traces. */
  readonly traces: number;
  /** Records on ati.incidents. */
  readonly incidentEvents: number;
}

/** The counts are of everything. */
export interface Truth extends Counts {
  /** After the first corpus, after the first two … */
  readonly after: readonly Counts[];
  readonly traceDigest: string;
  readonly incidents: number;
  readonly incidentDigest: string;
}

const READ_EVERY = 200;

/**
 * Of one corpus, or of several on the same log one after the other. Throws where a record is no valid one: the bench would
 * measure dead letters.
 */
export function truthOf(...corpora: readonly CorpusOptions[]): Truth {
  const driver = new PipelineDriver({ partitions: corpora[0].partitions });
  const traces: string[] = [];
  const incidents: IncidentEvent[] = [];
  const read = () => {
    for (const summary of driver.readTraces()) traces.push(lineOfTrace(summary));
    for (const { event } of driver.readIncidents()) incidents.push(event);
  };
  let spans = 0;
  const play = (corpus: CorpusOptions): Counts => {
    let records = 0;
    for (const { partition, value, spans: more } of spanLog(corpus)) {
      driver.pipe(partition, value);
      spans += more;
      if (++records % READ_EVERY === 0) read();
    }
    read();
    return { spans, traces: traces.length, incidentEvents: incidents.length };
  };
  const after = corpora.map(play);
  if (driver.deadLetters.length > 0)
    throw new Error(`the corpus has a dead letter: ${driver.deadLetters[0]}`);
  const last = lastOf(incidents);
  return {
    ...after[after.length - 1],
    after,
    traceDigest: digest(traces),
    incidents: last.length,
    incidentDigest: digest(last.map(lineOfIncident)),
  };
}

/** The event with the greatest revision of each incident. */
export function lastOf(events: readonly IncidentEvent[]): IncidentEvent[] {
  const last = new Map<string, IncidentEvent>();
  for (const event of events)
    if ((last.get(event.incidentId)?.revision ?? -1) < event.revision) last.set(event.incidentId, event);
  return [...last.values()];
}

/** What a variant must agree on, of a trace. */
export const lineOfTrace = (trace: TraceSummary): string =>
  JSON.stringify([
    trace.tenant,
    trace.traceId,
    trace.revision,
    trace.partial,
    trace.rootSpanId,
    trace.rootService,
    trace.rootAgent,
    trace.rootOperation,
    String(trace.startUnixNano),
    trace.durationNs,
    trace.spanCount,
    trace.errorCount,
    trace.path.map(({ spanId, startNs, endNs, type }) => [spanId, startNs, endNs, type]),
    trace.findings.map(({ kind, incidentId, severity, root }) => [kind, incidentId, severity, root]),
    trace.insights.map(({ kind, found, answer }) => [kind, found, answer]),
  ]);

/** And of an incident's last event; its digest covers severity, evidence and texts. */
export const lineOfIncident = (event: IncidentEvent): string =>
  JSON.stringify([
    event.incidentId,
    event.tenant,
    event.event,
    event.kind,
    event.severity,
    event.episode,
    event.revision,
    event.settled,
    event.agent,
    event.operation,
    event.signature,
    event.windowStart,
    event.windowEnd,
    event.openedAt,
    event.exemplarTraceIds,
    event.affectedTraces,
    event.contentDigest,
  ]);

/** Of lines in whatever order. */
export function digest(lines: readonly string[]): string {
  const hash = createHash('sha256');
  // Line by line: those of half a million traces are longer together than a string can be.
  for (const line of [...lines].sort()) hash.update(line).update('\n');
  return hash.digest('hex').slice(0, 16);
}
