/**
 * One file `<baseOffset>.log` of a partition: record batches, one after the other, as they came from producers.
 *
 * The sparse index (one entry each 4 KB, as Kafka) lives in memory and is rebuilt by a scan at the start.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { type BatchHeader, batchSize, HEADER_SIZE } from '../batch/header.ts';
import { readInt64 } from '../wire/int64.ts';
import { readAt, type writeAll } from './files.ts';
import { scanBatches } from './scan.ts';

const INDEX_INTERVAL = 4096;

export function segmentName(baseOffset: number): string {
  return `${String(baseOffset).padStart(20, '0')}.log`;
}

export class Segment {
  readonly baseOffset: number;
  readonly path: string;
  /** Bytes of whole batches; what is behind them in the file is not part of the log. */
  size = 0;
  nextOffset: number;
  /** Milliseconds; -1 when empty. */
  maxTimestamp = -1;
  /** When its first batch was written, in milliseconds. */
  createdAt = 0;
  #offsets: number[] = [];
  #positions: number[] = [];
  #indexedTo = -INDEX_INTERVAL;
  #fd = -1;
  #syncing = 0;
  #closeLater = false;
  /** Bytes of a failed write may still be behind `size`. */
  #dirtyTail = false;

  constructor(directory: string, baseOffset: number) {
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.path = join(directory, segmentName(baseOffset));
  }

  /** Reads an existing file: rebuilds the index, finds the end of its last whole batch. Returns the bytes behind it. */
  load(verify: boolean, onBatch: (header: BatchHeader) => void): number {
    const file = statSync(this.path);
    this.createdAt = file.birthtimeMs || file.mtimeMs;
    const options = { from: 0, size: file.size, verify, minOffset: this.baseOffset };
    scanBatches(this.#open(), options, (header, position) => {
      this.#note(header, position);
      onBatch(header);
      return true;
    });
    return file.size - this.size;
  }

  /** Appends the batch that fills `batch`. Throws the system's error; the segment is then as before. */
  append(batch: Buffer, header: BatchHeader, now: number, write: typeof writeAll): void {
    const fd = this.#open();
    if (this.#dirtyTail) this.truncate();
    try {
      write(fd, batch, this.size);
    } catch (error) {
      this.#dirtyTail = true;
      this.truncate();
      throw error;
    }
    if (this.size === 0) this.createdAt = now;
    this.#note(header, this.size);
  }

  /** Cuts off what is behind the last whole batch. */
  truncate(): void {
    ftruncateSync(this.#open(), this.size);
    this.#dirtyTail = false;
  }

  #note(header: BatchHeader, position: number): void {
    if (position - this.#indexedTo >= INDEX_INTERVAL) {
      this.#offsets.push(header.baseOffset);
      this.#positions.push(position);
      this.#indexedTo = position;
    }
    this.size = position + header.size;
    this.nextOffset = header.lastOffset + 1;
    this.maxTimestamp = Math.max(this.maxTimestamp, header.maxTimestamp);
  }

  /** Position of an indexed batch that starts at or before `offset`. */
  #floor(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.#positions[low - 1];
  }

  /**
   * Whole batches from the one that holds `offset` on: as many as fit in `maxBytes`, and always the first.
   * Empty when the segment ends before `offset`.
   */
  read(offset: number, maxBytes: number): Buffer {
    if (offset >= this.nextOffset) return Buffer.alloc(0);
    const fd = this.#open();
    const from = this.#floor(offset);
    const bytes = readAt(fd, from, Math.min(this.size - from, maxBytes + INDEX_INTERVAL));
    let at = 0;
    let start = -1;
    while (bytes.length - at >= HEADER_SIZE) {
      const size = batchSize(bytes, at);
      if (size < 0) break;
      if (start < 0 && readInt64(bytes, at) + bytes.readInt32BE(at + 23) >= offset) start = at;
      if (start >= 0 && (at + size > bytes.length || at + size - start > maxBytes)) break;
      at += size;
    }
    if (start >= 0 && at > start) return bytes.subarray(start, at);
    // The first batch is larger than what was read, or begins behind it.
    return this.#readOne(fd, from + (start < 0 ? at : start), offset);
  }

  #readOne(fd: number, from: number, offset: number): Buffer {
    let found: Buffer = Buffer.alloc(0);
    scanBatches(fd, { from, size: this.size, verify: false, minOffset: 0 }, (header, position) => {
      if (header.lastOffset < offset) return true;
      found = readAt(fd, position, header.size);
      return false;
    });
    return found;
  }

  /** Calls `visit` with every batch's header and position; false stops. */
  scan(visit: (header: BatchHeader, position: number) => boolean | undefined): void {
    scanBatches(this.#open(), { from: 0, size: this.size, verify: false, minOffset: 0 }, visit);
  }

  /** The bytes of one batch that `scan` has shown. */
  batch(header: BatchHeader, position: number): Buffer {
    return readAt(this.#open(), position, header.size);
  }

  /** Resolves when everything appended so far is on the disk itself. */
  sync(): Promise<void> {
    const fd = this.#open();
    this.#syncing++;
    return new Promise((resolve, reject) => {
      fdatasync(fd, (error) => {
        this.#syncing--;
        if (this.#syncing === 0 && this.#closeLater) this.close();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  syncNow(): void {
    fdatasyncSync(this.#open());
  }

  #open(): number {
    this.#closeLater = false;
    // Not in append mode: there Linux ignores the position of a write.
    if (this.#fd < 0) this.#fd = openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o644);
    return this.#fd;
  }

  /** Gives the file descriptor back; the next use opens the file again. */
  close(): void {
    if (this.#syncing > 0) {
      this.#closeLater = true;
      return;
    }
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  delete(): void {
    this.close();
    unlinkSync(this.path);
  }
}
