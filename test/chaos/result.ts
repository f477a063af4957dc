import type { Happened } from './attack.ts';
import type { ChaosOptions } from './options.ts';
import { componentOf } from './schedule.ts';
import type { IncidentsFound } from './verify/incidents.ts';
import type { SpansFound } from './verify/spans.ts';

/** What a run showed; times in ms, from the start of the load. */
export interface ChaosResult {
  readonly options: ChaosOptions;
  readonly happened: readonly Happened[];
  /** Seconds of the load. */
  readonly loadS: number;
  readonly runs: number;
  /** Answers of the ingest by status; 0: none. */
  readonly answers: ReadonlyMap<number, number>;
  /** When the ingest acknowledged an export. */
  readonly acks: readonly number[];
  readonly ingestGap: Gap;
  readonly topicGap: Gap;
  /** From the end of the load until every consumer had read everything and every window was closed. */
  readonly drainMs: number;
  readonly spans?: SpansFound;
  readonly incidents?: IncidentsFound;
  /** Why it failed; empty: it passed. */
  readonly problems: readonly string[];
}

export interface Gap {
  readonly ms: number;
  readonly fromMs: number;
}

/** Recoveries by component and kind of fault, ms; in order of the names. */
export function recoveries(happened: readonly Happened[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { fault, recoveryMs } of happened) {
    if (recoveryMs === undefined) continue;
    const what = { kill: 'kill -9', stop: 'SIGSTOP', add: 'added', remove: 'removed' }[fault.kind];
    const key = `${componentOf(fault.target)}, ${what}`;
    found.set(key, [...(found.get(key) ?? []), recoveryMs]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
