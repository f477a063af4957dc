/** Reads a request's body into one buffer: of its declared length, or growing (chunked transfer) up to the bound. */
import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Reservation } from './budget.ts';
import { borrow, free } from './memory.ts';
import type { Refusal, Result } from './refusal.ts';
import { malformed, ok, refused, tooLarge } from './refusal.ts';

const FIRST_CHUNKED_BYTES = 64 << 10;

export interface BodyOptions {
  /** Content-Length, in bytes; undefined with chunked transfer. */
  readonly declared: number | undefined;
  /** The greatest body, in bytes. */
  readonly limit: number;
  readonly reservation: Reservation;
}

/** The declared length of a body; NaN (never a valid length) for a header that is not a number. */
export function declaredLength(contentLength: string | undefined): number | undefined {
  if (contentLength === undefined) return undefined;
  return /^\d+$/.test(contentLength) ? Number(contentLength) : Number.NaN;
}

/** Refuses with 413, 429 or 503 before it reads or as soon as the bound is met, with 400 when the length is wrong. */
export async function readBody(stream: Readable, options: BodyOptions): Promise<Result<Buffer>> {
  const { declared, limit, reservation } = options;
  if (Number.isNaN(declared)) return refused(malformed('Content-Length is not a number'));
  if (declared !== undefined && declared > limit) return refused(overLimit(limit));
  const capacity = declared ?? Math.min(FIRST_CHUNKED_BYTES, limit);
  const busy = reservation.resize(capacity);
  if (busy !== undefined) return refused(busy);
  return collect(stream, borrow(capacity), options);
}

function collect(stream: Readable, buffer: Buffer, options: BodyOptions): Promise<Result<Buffer>> {
  const { declared, limit, reservation } = options;
  // Node's server makes each chunk for its reader; those of another stream may be somebody's still.
  const isOurs = stream instanceof IncomingMessage;
  let into = buffer;
  let length = 0;

  /** Makes room for `needed` bytes in all. */
  const grow = (needed: number): Refusal | undefined => {
    if (declared !== undefined) return malformed('the body is longer than its Content-Length');
    if (needed > limit) return overLimit(limit);
    const capacity = Math.min(limit, Math.max(needed, into.length * 2));
    const busy = reservation.resize(capacity);
    if (busy !== undefined) return busy;
    const grown = Buffer.allocUnsafeSlow(capacity);
    into.copy(grown, 0, 0, length);
    into = grown;
    return undefined;
  };

  return new Promise((resolve) => {
    const finish = (result: Result<Buffer>) => {
      stream.off('data', onData).off('end', onEnd).off('close', onGone);
      // The error listener stays: a connection that breaks after the refusal must not crash the process.
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      const refusal = length + chunk.length > into.length ? grow(length + chunk.length) : undefined;
      if (refusal !== undefined) return finish(refused(refusal));
      chunk.copy(into, length);
      length += chunk.length;
      if (isOurs) free(chunk);
    };
    const onEnd = () => {
      if (declared !== undefined && length < declared) onGone();
      else finish(ok(into.subarray(0, length)));
    };
    const onGone = () => finish(refused(malformed('the body ended before its declared length')));
    stream.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

const overLimit = (limit: number) => tooLarge(`the body is larger than ${limit} bytes`);
