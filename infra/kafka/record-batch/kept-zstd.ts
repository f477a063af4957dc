/**
 * zstd with one compressor for all batches. Node's `zstdCompressSync` makes a stream, a compressor of a megabyte and their
 * output for each call and throws them away: 25 µs of the 32 that a record of one span takes, 35 of 230 at 60 KB.
 *
 * Node has no public way to use a compressor again. What its own synchronous functions call is used here, after a trial: where
 * it is not there or gives other bytes (a later Node), there is no kept compressor.
 */
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';

/** What `zstdCompressSync` of Node 24 calls on its stream. */
interface Internals {
  readonly _handle?: {
    writeSync?(
      flush: number,
      input: Buffer,
      inputAt: number,
      inputBytes: number,
      output: Buffer,
      outputAt: number,
      outputBytes: number,
    ): void;
  };
  /** Bytes of the output and of the input that are left. */
  readonly _writeState?: Uint32Array;
}

/** Longer input is rare, and its output is not worth keeping. */
const MAX_INPUT = 1 << 20;
/** ZSTD_compressBound, rounded up. */
const outputFor = (bytes: number) => bytes + (bytes >> 8) + 1024;

/**
 * One frame of the bytes, good until the next call; undefined where it cannot be made here. Itself undefined where Node's
 * insides are not as this file knows them.
 */
export function keptZstd(level: number): ((bytes: Buffer) => Buffer | undefined) | undefined {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  const stream = createZstdCompress({ params });
  const { _handle: handle, _writeState: left } = stream as unknown as Internals;
  if (handle?.writeSync === undefined || !(left instanceof Uint32Array) || left.length !== 2)
    return undefined;
  let broken = false;
  stream.on('error', () => {
    broken = true;
  });
  let output = Buffer.allocUnsafeSlow(64 << 10);

  const compress = (bytes: Buffer): Buffer | undefined => {
    if (broken || bytes.length > MAX_INPUT) return undefined;
    const needed = outputFor(bytes.length);
    if (output.length < needed) output = Buffer.allocUnsafeSlow(Math.max(needed, output.length * 2));
    handle.writeSync?.(constants.ZSTD_e_end, bytes, 0, bytes.length, output, 0, output.length);
    // The frame is whole when nothing of the input is left and the output was not filled to its end.
    broken ||= left[1] !== 0 || left[0] === 0;
    return broken ? undefined : output.subarray(0, output.length - left[0]);
  };

  const trial = Buffer.from('the same bytes as those of the public function, '.repeat(20));
  const expected = zstdCompressSync(trial, { params });
  for (let i = 0; i < 2; i++) if (compress(trial)?.equals(expected) !== true) return undefined;
  return compress;
}
