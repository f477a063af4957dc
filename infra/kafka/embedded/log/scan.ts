import { type BatchHeader, batchSize, crcMatches, HEADER_SIZE, readHeader } from '../batch/header.ts';
import { readAt } from './files.ts';

const WINDOW = 256 * 1024;

export interface ScanOptions {
  /** First byte to look at: the start of a batch. */
  readonly from: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Also compares every CRC (reads all bytes; without it large batches are skipped over). */
  readonly verify: boolean;
  /** Offsets below this are not believed: a log only goes up. */
  readonly minOffset: number;
}

/**
 * Walks the batches of a segment file in order and calls `visit` for each whole one; `visit` returns false to
 * stop. Returns the position after the last batch visited: less than `size` where a batch is torn or garbage.
 */
export function scanBatches(
  fd: number,
  options: ScanOptions,
  visit: (header: BatchHeader, position: number) => boolean | undefined,
): number {
  let window = readAt(fd, options.from, Math.min(WINDOW, options.size - options.from));
  let windowAt = options.from;
  let position = options.from;
  let minOffset = options.minOffset;
  const load = (bytes: number): number => {
    if (position + bytes > windowAt + window.length) {
      window = readAt(fd, position, Math.min(Math.max(WINDOW, bytes), options.size - position));
      windowAt = position;
    }
    return position - windowAt;
  };
  while (options.size - position >= HEADER_SIZE) {
    let at = load(HEADER_SIZE);
    if (window.length - at < HEADER_SIZE) break;
    const size = batchSize(window, at);
    if (size < 0 || position + size > options.size) break;
    const header = readHeader(window, at);
    if (header === undefined || header.baseOffset < minOffset) break;
    if (options.verify) {
      at = load(size);
      if (window.length - at < size || !crcMatches(window, at, size)) break;
    }
    if (visit(header, position) === false) break;
    position += size;
    minOffset = header.lastOffset + 1;
  }
  return position;
}
