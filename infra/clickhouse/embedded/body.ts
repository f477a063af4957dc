/** A request's body: decoded, bounded in both forms, into memory or into a file. */
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { PassThrough, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompressor } from './coding.ts';
import { EngineError } from './engine-error.ts';

/** Fails when more than `limit` bytes pass: before (a large body) or behind (a bomb) the decoding. */
function bounded(limit: number, what: string): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed > limit) done(tooLarge(what, limit));
      else done(null, chunk);
    },
  });
}

function tooLarge(what: string, limit: number): EngineError {
  return new EngineError(223, 'QUERY_IS_TOO_LARGE', `${what} is over the limit of ${limit} bytes`);
}

/** The request as a stream of its own: a failing pipeline destroys its source, and with it the way for the answer. */
function detached(request: IncomingMessage): PassThrough {
  const source = new PassThrough();
  request.pipe(source);
  request.once('close', () => {
    if (!request.complete) source.destroy(new Error('the client went away'));
  });
  source.once('close', () => {
    request.unpipe(source);
    request.resume();
  });
  return source;
}

function stages(request: IncomingMessage, limit: number): [PassThrough, ...Transform[]] {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) throw tooLarge('the request body', limit);
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding === 'identity') return [detached(request), bounded(limit, 'the request body')];
  const decode = decompressor(coding);
  if (decode === undefined)
    throw new EngineError(
      48,
      'NOT_IMPLEMENTED',
      `Content-Encoding ${coding} is not known (gzip, deflate, br, zstd)`,
    );
  return [
    detached(request),
    bounded(limit, 'the request body'),
    decode,
    bounded(limit, 'the decompressed request body'),
  ];
}

function bodyError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // Ours, not the sender's: a full disk must not look like a bad body, which nobody sends again.
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new EngineError(243, 'NOT_ENOUGH_SPACE', `the request body cannot be spooled: ${message}`);
  if (syscall === 'write' || syscall === 'open')
    return new EngineError(
      75,
      'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
      `the request body cannot be spooled: ${message}`,
    );
  return new EngineError(354, 'CANNOT_DECOMPRESS', `the request body cannot be read: ${message}`);
}

/** The whole body; throws EngineError. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const collect = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  try {
    await pipeline([...stages(request, limit), collect]);
  } catch (error) {
    throw bodyError(error);
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}

/** Writes `before` and then the body to a new file that only we can read; throws EngineError. */
export async function spoolBody(
  request: IncomingMessage,
  limit: number,
  file: string,
  before: Uint8Array,
): Promise<void> {
  const to = createWriteStream(file, { mode: 0o600, flags: 'wx', highWaterMark: 1 << 20 });
  if (before.length > 0) to.write(before);
  try {
    await pipeline([...stages(request, limit), to]);
  } catch (error) {
    to.destroy();
    throw bodyError(error);
  }
}
