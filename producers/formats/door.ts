/** The ingest's own door, so that a file's spans reach the analysis as if they had come over OTLP/HTTP. */
import { createHash } from 'node:crypto';
import { createAllowlist } from '#schemas/otlp/allowlist.ts';
import { type Split, splitTraces } from '#schemas/otlp/split.ts';

const OPTIONS = {
  partitions: 1,
  maxSpans: Number.POSITIVE_INFINITY,
  allowlist: createAllowlist(),
  maxAttributesPerSpan: Number.POSITIVE_INFINITY,
  maxNesting: 64,
  // Hashes are only compared with each other, so the salt need not be secret.
  hash: (value: Uint8Array) => createHash('sha256').update('ati analyze\0').update(value).digest('hex'),
};

/** What the door says of a TracesData message: spans turned away and why, and what it lets through. */
export function throughDoor(message: Uint8Array): Split | { readonly ok: false; readonly reason: string } {
  return splitTraces(message, OPTIONS);
}
