/**
 * What the capacity model reckons with. `measured` says where a figure was; anything else is assumed. After a run of the
 * benchmarks that changes them: edit them here, then `node bench/capacity/main.ts`.
 */
import type { Costs, Plan } from './model.ts';

export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** A case of bench/RESULTS.md; undefined: assumed, `why` says why so. */
  readonly measured?: string;
  readonly why?: string;
}

export const FIGURES: Readonly<Record<keyof Costs, Figure>> = {
  ingestUs: { value: 4.7, unit: 'µs', measured: 'ingest: gzip bodies of 512 spans, to Apache Kafka' },
  processorUs: { value: 7.5, unit: 'µs', measured: 'end-to-end: live at 60,000 spans/s' },
  sinkUs: { value: 3.5, unit: 'µs', measured: 'end-to-end: live at 60,000 spans/s' },
  brokerUs: {
    value: 1,
    unit: 'µs',
    measured: 'end-to-end: live, the embedded broker; Apache Kafka is alike with zstd batches of 512 spans',
  },
  engineUs: { value: 13.5, unit: 'µs', measured: 'end-to-end: live, the embedded engine with its merges' },
  wireBytes: { value: 450, unit: 'B', why: 'the corpus: ten attributes a span' },
  logBytes: { value: 110, unit: 'B', why: 'zstd of 512 spans, and a fifth for summaries and signals' },
  storedBytes: { value: 80, unit: 'B', why: 'the copied corpus has 31; real ids and times do not repeat' },
  openSpanBytes: {
    value: 720,
    unit: 'B',
    measured: 'memory: buffers and heap of a trace of three spans, a third',
  },
};

export const COSTS = Object.fromEntries(
  Object.entries(FIGURES).map(([name, { value }]) => [name, value]),
) as unknown as Costs;

export const PLAN: Plan = {
  busy: 0.6,
  partitionShare: 0.4,
  machineCores: 16,
  replicas: 2,
  logDays: 3,
  storedDays: 30,
  openSeconds: 8,
};

export const RATES = [10_000, 100_000, 1_000_000, 10_000_000] as const;
