/** What the producers send, from a seed: the same bytes in every process. */
import { createHash } from 'node:crypto';
import { spanLog } from '#bench/corpus/span-log.ts';

export const PARTITIONS = 4;
export const KINDS = ['span batches', 'summaries', 'signals'] as const;
export type Kind = (typeof KINDS)[number];
export const COMPRESSIONS = ['zstd', 'none'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

export interface Sending {
  readonly partition: number;
  readonly values: readonly Buffer[];
  readonly spans: number;
}

/** Distinct bodies, which are sent over and over. */
const BODIES = 48;
const RECORDS_A_SEND = 500;
const BYTES = { summaries: 1_500, signals: 300 } as const;

/** Sends of one record of 512 spans, or of 500 small ones cut out of them. */
export function sendings(kind: Kind): Sending[] {
  const corpus = spanLog({
    seed: 19,
    traces: 2_200,
    partitions: 1,
    startMs: 1_760_000_000_000,
    spansPerSecond: 60_000,
  });
  const found: { value: Buffer; spans: number }[] = [];
  for (const { value, spans } of corpus) {
    if (spans >= 256) found.push({ value: Buffer.from(value), spans });
    if (found.length === BODIES) break;
  }
  if (kind === 'span batches')
    return found.map(({ value, spans }, i) => ({ partition: i % PARTITIONS, values: [value], spans }));
  const bytes = Buffer.concat(found.map(({ value }) => value));
  const size = BYTES[kind];
  const count = Math.min(40, Math.floor(bytes.length / size / RECORDS_A_SEND / PARTITIONS) * PARTITIONS);
  return Array.from({ length: count }, (_, i) => ({
    partition: i % PARTITIONS,
    spans: 0,
    values: Array.from({ length: RECORDS_A_SEND }, (_, k) => {
      const at = (i * RECORDS_A_SEND + k) * size;
      return bytes.subarray(at, at + size);
    }),
  }));
}

/** Of the values of one partition, in their order. */
export class Digest {
  readonly #hash = createHash('sha256');

  add(value: Uint8Array): void {
    this.#hash.update(String(value.length)).update(value);
  }

  toString(): string {
    return this.#hash.digest('hex');
  }
}
