/** The decompressed body of a request as parts for the log, through the privacy allowlist. */
import { createAllowlist } from '#schemas/otlp/allowlist.ts';
import type { Dropped } from '#schemas/otlp/filter.ts';
import { convertTracesJson } from '#schemas/otlp/json.ts';
import { splitTraces } from '#schemas/otlp/split.ts';
import type { OtlpEncoding } from './answer.ts';
import { cutParts } from './cut.ts';
import type { Part } from './lane.ts';
import type { Result } from './refusal.ts';
import { malformed, ok, refused } from './refusal.ts';
import type { HashValue } from './salt.ts';

/** Levels of arrays and key-value lists within an attribute's value. */
const MAX_NESTING = 16;

export interface SplitRequest {
  readonly parts: readonly Part[];
  readonly accepted: number;
  /** Spans left out for good, and why. */
  readonly rejected: number;
  readonly rejectedReason: string;
  readonly dropped: Dropped;
}

export interface SplitterOptions {
  readonly partitions: number;
  readonly maxSpans: number;
  readonly maxAttributesPerSpan: number;
  /** Greatest part, in bytes. */
  readonly maxPartBytes: number;
  /** Keys kept beside the built-in allowlist. */
  readonly allowAttributes: readonly string[];
  hashOf(tenant: string): HashValue;
}

export type Splitter = (body: Buffer, encoding: OtlpEncoding, tenant: string) => Result<SplitRequest>;

/** 400 with a reason that names places and never values. */
export function requestSplitter(options: SplitterOptions): Splitter {
  const { partitions, maxSpans, maxAttributesPerSpan, maxPartBytes, hashOf } = options;
  const allowlist = createAllowlist(options.allowAttributes);
  const limits = { partitions, maxSpans, maxAttributesPerSpan, maxNesting: MAX_NESTING, allowlist };
  return (body, encoding, tenant) => {
    const read = encoding === 'json' ? convertTracesJson(body, limits) : ({ ok: true, otlp: body } as const);
    if (!read.ok) return refused(malformed(`not an OTLP trace export in JSON: ${read.reason}`));
    const split = splitTraces(read.otlp, { ...limits, hash: hashOf(tenant) });
    if (!split.ok) return refused(malformed(`not an OTLP trace export: ${split.reason}`));
    const { parts, rejected } = cutParts(split.parts, maxPartBytes);
    return ok({
      parts,
      accepted: split.accepted - rejected,
      rejected: split.rejected + rejected,
      rejectedReason: [split.rejectedReason, tooLarge(rejected, maxPartBytes)].filter(Boolean).join('; '),
      dropped: split.dropped,
    });
  };
}

const tooLarge = (spans: number, bytes: number) =>
  spans === 0
    ? ''
    : `larger than ${bytes} bytes with resource and scope (${spans === 1 ? '1 span' : `${spans} spans`})`;
