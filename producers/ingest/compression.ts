/** Content-Encoding undone, with a bound on the output and on how much it may be larger than the input. */
import { promisify } from 'node:util';
import type { InputType, ZlibOptions } from 'node:zlib';
import zlib from 'node:zlib';
import type { ContentCoding } from './negotiation.ts';
import type { Result } from './refusal.ts';
import { malformed, ok, refused, tooLarge } from './refusal.ts';

/** Telemetry compresses 5 to 100 times; a bomb a thousand times and more. */
const MAX_RATIO = 250;
/** Below this the ratio does not matter: a few spans with equal attributes may well compress as a bomb does. */
const RATIO_FREE_BYTES = 1 << 20;
/** 32 MiB, the greatest window that common encoders ask for; zstd would grant 128 MiB to whoever asks. */
const ZSTD_WINDOW_LOG_MAX = 25;

/** Frames in one zstd body; encoders write one. Without a bound, 8 MiB of empty frames would be a million decodings. */
const MAX_FRAMES = 16;

interface Inflated {
  readonly buffer: Buffer;
  /** `bytesWritten`: how many bytes of the input made this output. */
  readonly engine: { readonly bytesWritten: number };
}
type Decoder = (input: InputType, options: ZlibOptions & { info: true }) => Promise<Inflated>;

// With `info` the callback gets { buffer, engine }, which the types of Node do not say.
const decoders = {
  gzip: promisify(zlib.gunzip) as unknown as Decoder,
  deflate: promisify(zlib.inflate) as unknown as Decoder,
  zstd: promisify(zlib.zstdDecompress) as unknown as Decoder,
} satisfies Record<Exclude<ContentCoding, 'identity'>, Decoder>;

/**
 * The body without its coding. 400 when it is damaged or cut short, 413 when the output is larger than `limit` bytes
 * or 250 times its input. The output is bounded while it grows, not afterwards.
 */
export async function decompress(
  body: Buffer,
  coding: ContentCoding,
  limit: number,
): Promise<Result<Buffer>> {
  if (coding === 'identity') return ok(body);
  const bound = Math.min(limit, Math.max(RATIO_FREE_BYTES, body.length * MAX_RATIO));
  const frames: Buffer[] = [];
  let consumed = 0;
  let produced = 0;
  // A body may be several frames in a row. gunzip reads all of them; of zstd, Node decodes only the first.
  do {
    const frame = await inflate(body.subarray(consumed), coding, bound - produced);
    if (!frame.ok) return frame;
    const { buffer, engine } = frame.value;
    if (engine.bytesWritten === 0 || frames.length === MAX_FRAMES) return refused(damaged(coding));
    consumed += engine.bytesWritten;
    produced += buffer.length;
    frames.push(buffer);
  } while (coding === 'zstd' && consumed < body.length);
  if (consumed < body.length) return refused(damaged(coding));
  return ok(frames.length === 1 ? frames[0] : Buffer.concat(frames));
}

async function inflate(
  input: Buffer,
  coding: Exclude<ContentCoding, 'identity'>,
  bound: number,
): Promise<Result<Inflated>> {
  const params =
    coding === 'zstd' ? { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } : undefined;
  // One round trip through the thread pool for most bodies.
  const chunkSize = Math.max(16 << 10, Math.min(bound + 1, input.length * 12));
  try {
    const options = { info: true, maxOutputLength: Math.max(1, bound), chunkSize, params } as const;
    return ok(await decoders[coding](input, options));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return refused(tooLarge('the decompressed body is too large, or too large for its compressed size'));
    if (code === 'ZSTD_error_frameParameter_windowTooLarge')
      return refused(tooLarge(`the zstd window is larger than ${2 ** (ZSTD_WINDOW_LOG_MAX - 20)} MiB`));
    return refused(damaged(coding));
  }
}

const damaged = (coding: ContentCoding) => malformed(`the body is not valid ${coding}`);
