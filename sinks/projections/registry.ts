import { incidents } from './incidents.ts';
import type { Projection } from './projection.ts';
import { signals } from './signals.ts';
import { spans } from './spans.ts';
import { traces } from './traces.ts';

/** Everything the sink writes. */
export const PROJECTIONS: readonly Projection[] = [spans, traces, signals, incidents];
