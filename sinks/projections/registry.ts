import { incidents } from './incidents.ts';
import type { Projection, TablesProjection } from './projection.ts';
import { signals } from './signals.ts';
import { spans } from './spans.ts';
import { telemetry } from './telemetry.ts';
import { traces } from './traces.ts';

/** Everything the sink writes. */
export const PROJECTIONS: readonly (Projection | TablesProjection)[] = [
  spans,
  traces,
  signals,
  incidents,
  telemetry,
];
