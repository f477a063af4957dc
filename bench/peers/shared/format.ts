import type { Events } from '#schemas/events.ts';

/** What a peer tells on its topics. */
export type ResultName = 'TraceSummary' | 'Signal' | 'ClockMark' | 'IncidentEvent';

export type Results = { [N in ResultName]: { readonly name: N; readonly value: Events[N] } }[ResultName];

/** How a peer writes its results: a record each. */
export interface Format {
  encode<N extends ResultName>(name: N, value: Events[N]): Buffer | string;
  /** Throws on bytes that it has not written. */
  decode(record: Buffer): Results;
}
