/**
 * zstd with one compressor and one decompressor for all batches. Node's `zstdCompressSync` makes a stream, a compressor of a
 * megabyte and their output for each call and throws them away: 25 µs of the 32 that a record of one span takes, 35 of 230
 * at 60 KB. `zstdDecompressSync` does the like, and always writes to fresh memory.
 *
 * Node has no public way to use them again. What its own synchronous functions call is used here, after a trial: where
 * it is not there or gives other bytes (a later Node), nothing is kept.
 */
import { constants, createZstdCompress, createZstdDecompress, type Zlib, zstdCompressSync } from 'node:zlib';

/** What `zstdCompressSync` and `zstdDecompressSync` of Node 24 call on their streams. */
interface Internals {
  readonly handle: {
    writeSync(
      flush: number,
      input: Buffer,
      inputAt: number,
      inputBytes: number,
      output: Buffer,
      outputAt: number,
      outputBytes: number,
    ): void;
  };
  /** Bytes of the output and of the input that are left; unchanged where the write failed. */
  readonly left: Uint32Array;
}

function internalsOf(stream: Zlib): Internals | undefined {
  const { _handle, _writeState } = stream as unknown as {
    _handle?: Partial<Internals['handle']>;
    _writeState?: unknown;
  };
  if (typeof _handle?.writeSync !== 'function') return undefined;
  if (!(_writeState instanceof Uint32Array) || _writeState.length !== 2) return undefined;
  return { handle: _handle as Internals['handle'], left: _writeState };
}

/** A worker's results of one fetch have up to six megabytes. Longer input is rare, and its output is not worth keeping. */
const MAX_INPUT = 8 << 20;
/** ZSTD_compressBound, rounded up. */
const outputFor = (bytes: number) => bytes + (bytes >> 8) + 1024;

/**
 * One frame of the bytes, good until the next call; undefined where it cannot be made here. Itself undefined where Node's
 * insides are not as this file knows them.
 */
export function keptZstd(level: number): ((bytes: Buffer) => Buffer | undefined) | undefined {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  const stream = createZstdCompress({ params });
  const internals = internalsOf(stream);
  if (internals === undefined) return undefined;
  const { handle, left } = internals;
  let broken = false;
  stream.on('error', () => {
    broken = true;
  });
  let output = Buffer.allocUnsafeSlow(64 << 10);

  const compress = (bytes: Buffer): Buffer | undefined => {
    if (broken || bytes.length > MAX_INPUT) return undefined;
    const needed = outputFor(bytes.length);
    if (output.length < needed) output = Buffer.allocUnsafeSlow(Math.max(needed, output.length * 2));
    handle.writeSync(constants.ZSTD_e_end, bytes, 0, bytes.length, output, 0, output.length);
    // The frame is whole when nothing of the input is left and the output was not filled to its end.
    broken ||= left[1] !== 0 || left[0] === 0;
    return broken ? undefined : output.subarray(0, output.length - left[0]);
  };

  const trial = Buffer.from('the same bytes as those of the public function, '.repeat(20));
  const expected = zstdCompressSync(trial, { params });
  for (let i = 0; i < 2; i++) if (compress(trial)?.equals(expected) !== true) return undefined;
  return compress;
}

/** No count of bytes that are left: what it is set to before a write is there afterwards only if that failed. */
const FAILED = 0xffffffff;

/**
 * Writes the content of a whole frame into `output`, which has exactly its size; false where it cannot be done here (the frame
 * is broken, or of another size), and `output` is then garbage. What a broken frame leaves behind goes with the decompressor
 * that met it: the next frame gets a new one. Itself undefined where Node's insides are not as this file knows them.
 */
export function keptUnzstd(): ((frame: Buffer, output: Buffer) => boolean) | undefined {
  const fresh = () => {
    const stream = createZstdDecompress();
    // A broken frame: whoever asked hears of it by `false`.
    stream.on('error', () => undefined);
    const internals = internalsOf(stream);
    return internals && { stream, ...internals };
  };
  let kept = fresh();
  if (kept === undefined) return undefined;

  const decompress = (frame: Buffer, output: Buffer): boolean => {
    if (kept === undefined) return false;
    const { stream, handle, left } = kept;
    left.fill(FAILED);
    handle.writeSync(constants.ZSTD_e_end, frame, 0, frame.length, output, 0, output.length);
    if (left[0] === 0 && left[1] === 0) return true;
    stream.destroy();
    kept = fresh();
    return false;
  };

  const trial = Buffer.from('what was compressed comes back as it was, '.repeat(20));
  const frame = zstdCompressSync(trial);
  for (let i = 0; i < 2; i++) {
    const output = Buffer.alloc(trial.length);
    if (!decompress(frame, output) || !output.equals(trial)) return undefined;
  }
  return decompress;
}
