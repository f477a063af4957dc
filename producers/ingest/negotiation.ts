/** Which encoding and which content coding a request's headers name. */
import type { OtlpEncoding } from './answer.ts';
import type { Result } from './refusal.ts';
import { ok, refused } from './refusal.ts';

export type ContentCoding = 'identity' | 'gzip' | 'zstd' | 'deflate';

const ENCODINGS: ReadonlyMap<string, OtlpEncoding> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);

const CODINGS: ReadonlyMap<string, ContentCoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'], // RFC 9110, 8.4.1.3: the same as gzip
  ['zstd', 'zstd'],
  ['deflate', 'deflate'],
]);

/** The encoding of an OTLP body by its Content-Type, whose parameters (charset) do not matter. */
export function encodingOf(contentType: string | undefined): Result<OtlpEncoding> {
  const encoding = ENCODINGS.get((contentType ?? '').split(';', 1)[0].trim().toLowerCase());
  if (encoding !== undefined) return ok(encoding);
  return refused({
    status: 415,
    message: `Content-Type must be ${[...ENCODINGS.keys()].join(' or ')}`,
    headers: { accept: [...ENCODINGS.keys()].join(', ') },
  });
}

/** The coding by Content-Encoding; one at most. */
export function codingOf(contentEncoding: string | undefined): Result<ContentCoding> {
  const coding = CODINGS.get((contentEncoding ?? '').trim().toLowerCase());
  if (coding !== undefined) return ok(coding);
  return refused({
    status: 415,
    message: 'Content-Encoding must be one of identity, gzip, zstd, deflate',
    headers: { 'accept-encoding': 'gzip, zstd, deflate' },
  });
}
