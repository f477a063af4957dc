/** For tests of event time: traces whose windows can be watched, through the driver. */
import type { Severity } from '#schemas/events.ts';
import type { Analyse } from '../assembly/partition-processor.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { type DriverOptions, PipelineDriver } from './driver.ts';
import { fakeAnalyse } from './fake-analysis.ts';
import { testDetectors, testFinding } from './fake-signals.ts';
import { type TestSpan, testBatch } from './span-log.ts';

/** A multiple of a minute: windows of 60 s begin here. */
export const T = 29_833_334 * 60_000;

/** A trace of one root span, written to a partition at a clock. Milliseconds from T. */
export interface Given {
  readonly trace: number;
  /** When its signal is emitted: the clock at which the trace closes. */
  readonly at: number;
  /** The root's end. */
  readonly eventTime: number;
  readonly partition?: number;
  readonly severity?: Severity;
}

const QUIET_MS = 1_000;
const GRACE_MS = 10_000;

/**
 * A pipeline whose only detector notes each window that it is shown: one line `END: TRACES`, END in ms from T. Windows
 * without traffic are never shown. A span named after a severity makes its trace's signal carry such a finding.
 */
export function watchWindows(options: DriverOptions & { readonly restarts?: boolean } = {}) {
  const shown: string[] = [];
  const driver = new PipelineDriver({
    partitions: 1,
    ...options,
    // A clock is told on at once, so that every ms counts.
    assembly: { quietGapMs: QUIET_MS, markEveryMs: 1, ...options.assembly },
    windows: { graceMs: GRACE_MS, ...options.windows },
    configured: noting(shown),
    analyse,
  });
  const step = (act: () => void) => {
    act();
    if (options.restarts) driver.restart();
  };
  return {
    driver,
    /** What was shown since the last call. */
    windows: (): string[] => shown.splice(0),
    spans: (at: number, spans: readonly TestSpan[], partition = 0) =>
      step(() => driver.pipe(partition, testBatch(T + at, spans))),
    /** Traces whose signals come one after the other, less than a second apart; their partitions have come no further. */
    give(...given: readonly Given[]): void {
      for (const { trace, at, eventTime, partition = 0, severity } of given) {
        const sentAt = at - QUIET_MS;
        if (driver.clockOf(partition) > T + sentAt) throw new Error(`trace ${trace} would come after ${at}`);
        const span = { trace, span: 1, name: severity ?? 'op', startMs: T + eventTime - 5, durationMs: 5 };
        step(() => driver.pipe(partition, testBatch(T + sentAt, [span])));
      }
      for (const { at, partition = 0 } of given) step(() => driver.tick(partition, T + at));
    },
    /** Every partition, or one. */
    tick: (at: number, partition?: number) =>
      step(() => (partition === undefined ? driver.advanceTo(T + at) : driver.tick(partition, T + at))),
    late: (partition = 0) => driver.statsOf(partition).signals.late,
    /** `event severity windowEnd`, with ? while provisional. */
    incidents: (): string[] =>
      driver
        .readIncidents()
        .map(({ event: e }) => `${e.event}${e.settled ? '' : '?'} ${e.severity} ${e.windowEnd - T}`),
    /** `trace r<revision> <spans> @<clock>`, with ! for a partial one. */
    traces: (): string[] =>
      driver
        .readTraces()
        .map(
          ({ traceId, revision, spanCount, source, partial }) =>
            `${Number.parseInt(traceId, 16)} r${revision} ${spanCount} @${source.clock - T}${partial ? '!' : ''}`,
        ),
  };
}

const isSeverity = (name: string): name is Severity => name === 'warning' || name === 'critical';

const analyse: Analyse = (tenant, traceId, columns) => {
  const analysis = fakeAnalyse(tenant, traceId, columns);
  const [first] = analysis.signals;
  const signals = analysis.signals.slice(0, 1).map((signal) => ({
    ...signal,
    operation: 'op',
    facts: [{ kind: 'starvation', callee: 'c', values: [] }],
    findings: isSeverity(first.operation) ? [testFinding('op', first.operation, columns.n)] : [],
  }));
  return { ...analysis, signals };
};

function noting(shown: string[]): ConfiguredDetectors {
  const [{ detector, ...rest }] = testDetectors.all;
  const noted: typeof detector = {
    ...detector,
    inWindow: ({ endMs, traces }) => {
      shown.push(`${endMs - T}: ${traces.map(({ traceId }) => Number.parseInt(traceId, 16)).join(' ')}`);
      return [];
    },
  };
  return { ...testDetectors, all: [{ ...rest, detector: noted }] };
}
