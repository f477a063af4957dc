/** For tests: runs of the corpus' kind, and what is said of them. */
import { generateRun } from '#producers/agents/virtual/generate.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { Chance } from './chance.ts';
import { complete, type RunPlan, type Values } from './corpus/run-plan.ts';
import type { Export } from './perturb/deliveries.ts';

export const START = 1_790_000_000_000;

export const parametersOf = (values: Values, seed = 1) => ({
  ...complete(values, new Chance('test')),
  seed,
});

export function generated(values: Values, startUnixMs = START, seed = 1) {
  const parameters = parametersOf(values, seed);
  return generateRun({
    parameters,
    seed,
    agentPrefix: 'mesh',
    serviceName: 'mesh-agents',
    startUnixMs,
  });
}

export interface ReadSpan {
  readonly traceId: string;
  readonly id: string;
  /** Empty without one. */
  readonly parent: string;
  readonly atUnixMs: number;
  /** Unix ns. */
  readonly start: bigint;
  readonly end: bigint;
}

/** Every span of the exports, in order of arrival. */
export function spansOf(exports: readonly Export[]): ReadSpan[] {
  return exports.flatMap(({ atUnixMs, otlp, spanCount }) => {
    const rows = new SpanColumns();
    const skimmed = skimSpans(otlp, rows);
    if (!skimmed.ok) throw new Error(skimmed.reason);
    if (rows.n !== spanCount) throw new Error(`${rows.n} spans, told are ${spanCount}`);
    const hex = (bytes: Uint8Array, row: number, size: number) =>
      Buffer.from(bytes.subarray(row * size, row * size + size)).toString('hex');
    const time = (row: number, at: number) =>
      (BigInt(rows.time[row * 4 + at + 1]) << 32n) | BigInt(rows.time[row * 4 + at]);
    return Array.from({ length: rows.n }, (_, row) => ({
      traceId: hex(rows.traceId, row, 16),
      id: hex(rows.spanId, row, 8),
      parent: hex(rows.parentId, row, 8).replace(/^0+$/, ''),
      atUnixMs,
      start: time(row, 0),
      end: time(row, 2),
    }));
  });
}

export const planOf = (values: Values, group: RunPlan['group'] = 'planted'): RunPlan => ({
  group,
  name: 'test',
  parts: [parametersOf(values)],
  beside: false,
  spread: 0.03,
});
