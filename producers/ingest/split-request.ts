/** The decompressed body of a request as parts for the log, through the privacy allowlist. */
import { partitionOf } from '#schemas/murmur2.ts';
import { createAllowlist } from '#schemas/otlp/allowlist.ts';
import type { Dropped } from '#schemas/otlp/filter.ts';
import { type Convert, convertLogsJson, convertMetricsJson, convertTracesJson } from '#schemas/otlp/json.ts';
import { splitTraces } from '#schemas/otlp/split.ts';
import { splitLogs } from '#schemas/otlp/split-logs.ts';
import { splitMetrics } from '#schemas/otlp/split-metrics.ts';
import type { OtlpEncoding } from './answer.ts';
import { cutParts } from './cut.ts';
import { borrow } from './memory.ts';
import type { Part } from './records.ts';
import type { Result } from './refusal.ts';
import { malformed, ok, refused } from './refusal.ts';
import type { HashValue } from './salt.ts';
import { type BySignal, bySignal, type Signal } from './signals.ts';

/** Levels of arrays and key-value lists within an attribute's value. */
const MAX_NESTING = 16;

export interface SplitRequest {
  readonly parts: readonly Part[];
  /** Spans, data points or log records. */
  readonly accepted: number;
  /** Left out for good, and why. */
  readonly rejected: number;
  readonly rejectedReason: string;
  readonly dropped: Dropped;
}

export interface SplitterOptions {
  readonly partitions: number;
  /** Spans, data points or log records of one request. */
  readonly maxItems: number;
  /** Of one span, data point, log record, resource, … */
  readonly maxAttributes: number;
  /** Greatest part, in bytes. */
  readonly maxPartBytes: number;
  /** Keys kept beside the built-in allowlist. */
  readonly allowAttributes: readonly string[];
  /** Keep the bodies of log records. */
  readonly allowBodies: boolean;
  hashOf(tenant: string): HashValue;
}

export type Splitter = (body: Buffer, encoding: OtlpEncoding, tenant: string) => Result<SplitRequest>;

type Outcome = ({ readonly ok: true } & SplitRequest) | { readonly ok: false; readonly reason: string };

/** How a signal is read: from JSON, and split from protobuf. */
interface Reader {
  readonly about: string;
  readonly convert: Convert;
  split(otlp: Uint8Array, tenant: string): Outcome;
}

/** Each refuses with 400 and a reason that names places and never values. */
export function requestSplitters(options: SplitterOptions): BySignal<Splitter> {
  const readers = readersOf(options);
  return bySignal((signal) => {
    const { about, convert, split } = readers[signal];
    return (body, encoding, tenant) => {
      const read = encoding === 'json' ? convert(body, LIMITS) : ({ ok: true, otlp: body } as const);
      if (!read.ok) return refused(malformed(`not an OTLP ${about} export in JSON: ${read.reason}`));
      const outcome = split(read.otlp, tenant);
      return outcome.ok ? ok(outcome) : refused(malformed(`not an OTLP ${about} export: ${outcome.reason}`));
    };
  });
}

const LIMITS = { maxNesting: MAX_NESTING };

function readersOf(options: SplitterOptions): Record<Signal, Reader> {
  const { partitions, maxItems, maxPartBytes, allowBodies, hashOf } = options;
  const filter = {
    allowlist: createAllowlist(options.allowAttributes),
    maxAttributesPerSpan: options.maxAttributes,
    ...LIMITS,
  };
  const traces = { ...filter, partitions, maxSpans: maxItems, memory: borrow };
  const services = { ...filter, maxItems, maxPartBytes, allowBodies };

  const byTrace = (otlp: Uint8Array, tenant: string): Outcome => {
    const split = splitTraces(otlp, { ...traces, hash: hashOf(tenant) });
    if (!split.ok) return split;
    const { parts, rejected } = cutParts(split.parts, maxPartBytes);
    return {
      ok: true,
      parts: parts.map(({ partition, spanCount, otlp }) => ({
        partition,
        service: '',
        count: spanCount,
        otlp,
      })),
      accepted: split.accepted - rejected,
      rejected: split.rejected + rejected,
      rejectedReason: [split.rejectedReason, tooLarge(rejected, maxPartBytes)].filter(Boolean).join('; '),
      dropped: split.dropped,
    };
  };
  const byService =
    (splitSignal: typeof splitMetrics) =>
    (otlp: Uint8Array, tenant: string): Outcome => {
      const split = splitSignal(otlp, { ...services, hash: hashOf(tenant) });
      if (!split.ok) return split;
      const parts = split.parts.map((part) => ({
        // As Kafka's default partitioner does for the same key.
        partition: partitionOf(Buffer.from(part.service), partitions),
        ...part,
      }));
      return { ...split, parts };
    };
  return {
    traces: { about: 'trace', convert: convertTracesJson, split: byTrace },
    metrics: { about: 'metrics', convert: convertMetricsJson, split: byService(splitMetrics) },
    logs: { about: 'logs', convert: convertLogsJson, split: byService(splitLogs) },
  };
}

const tooLarge = (spans: number, bytes: number) =>
  spans === 0
    ? ''
    : `larger than ${bytes} bytes with resource and scope (${spans === 1 ? '1 span' : `${spans} spans`})`;
