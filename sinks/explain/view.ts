import type { z } from 'zod';
import type { Colours } from '#infra/colours.ts';
import type { traceDetail } from '../api/trace-json.ts';

/** How a page is shown. */
export interface View {
  /** Columns of the terminal; Infinity: no limit. */
  readonly width: number;
  readonly colours: Colours;
  /** Every row of the path and of the timelines. */
  readonly all: boolean;
}

/** What `GET /v1/traces/:id` said. */
export type Trace = z.output<typeof traceDetail>;
export type Finding = Trace['findings'][number];
export type Insight = Trace['insights'][number];
export type TimelineEntry = Insight['timeline'][number];

/** A closed one, which alone can be explained. */
export type ClosedTrace = Trace & { readonly summary: NonNullable<Trace['summary']> };

export const isClosed = (trace: Trace): trace is ClosedTrace => trace.closed && trace.summary !== null;
