/**
 * OTLP gives log records no id, so they get one from what they are: the same record of the same batch has the same id
 * at every reading, however the reader cuts its inserts, and also when a sender exports the same batch again.
 *
 * Records of one batch that are equal to the last byte are told apart by their order (the first, the second …), so all
 * of them are kept.
 */
import { hash } from 'node:crypto';

/** The ids of a batch's records, which are asked for in their order. */
export class LogIds {
  /** By digest: how many records of this batch had it. */
  readonly #seen = new Map<string, number>();

  /** A new batch begins. */
  clear(): void {
    this.#seen.clear();
  }

  /** 32 hex digits, of SHA-256 over resource and scope (as rows have them) and the record's OTLP bytes. */
  of(envelope: Uint8Array, record: Uint8Array): string {
    const digest = sha256([String(envelope.length), ' ', envelope, record]);
    const equal = this.#seen.get(digest) ?? 0;
    this.#seen.set(digest, equal + 1);
    return equal === 0 ? digest : sha256([digest, ' ', String(equal)]);
  }
}

function sha256(parts: readonly (string | Uint8Array)[]): string {
  const bytes = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return hash('sha256', bytes, 'hex').slice(0, 32);
}
