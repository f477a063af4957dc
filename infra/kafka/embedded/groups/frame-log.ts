/**
 * An append-only file of frames: length, CRC-32C, payload. A frame counts once it is whole: whatever a crash left
 * of the last one is cut off at the next start.
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { syncDirectory } from '#infra/files.ts';
import { writeAll } from '../log/files.ts';

const OVERHEAD = 8;

export class FrameLog {
  size = 0;
  readonly #path: string;
  readonly #fsync: boolean;
  readonly #write: typeof writeAll;
  #fd: number;
  #dirtyTail = false;

  /** Opens or makes the file and calls `visit` with every payload. */
  constructor(path: string, fsync: boolean, visit: (payload: Buffer) => void, write = writeAll) {
    this.#path = path;
    this.#fsync = fsync;
    this.#write = write;
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    const bytes = readFileSync(path);
    for (;;) {
      const payload = frameAt(bytes, this.size);
      if (payload === undefined) break;
      visit(payload);
      this.size += OVERHEAD + payload.length;
    }
    if (this.size < bytes.length) ftruncateSync(this.#fd, this.size);
  }

  /** Throws the system's error; the file is then as before. */
  append(payload: Buffer): void {
    if (this.#dirtyTail) this.#truncate();
    const bytes = frame(payload);
    try {
      this.#write(this.#fd, bytes, this.size);
      if (this.#fsync) fdatasyncSync(this.#fd);
    } catch (error) {
      this.#dirtyTail = true;
      this.#truncate();
      throw error;
    }
    this.size += bytes.length;
  }

  #truncate(): void {
    ftruncateSync(this.#fd, this.size);
    this.#dirtyTail = false;
  }

  /** Puts a file with only these payloads in the place of this one, at once. */
  replace(payloads: readonly Buffer[]): void {
    const next = `${this.#path}~`;
    const bytes = Buffer.concat(payloads.map(frame));
    const fd = openSync(next, 'w+', 0o644);
    try {
      this.#write(fd, bytes, 0);
      if (this.#fsync) fdatasyncSync(fd);
      renameSync(next, this.#path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    if (this.#fsync) syncDirectory(dirname(this.#path));
    closeSync(this.#fd);
    this.#fd = fd;
    this.size = bytes.length;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function frame(payload: Buffer): Buffer {
  const head = Buffer.allocUnsafe(OVERHEAD);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt32BE(crc32c(payload), 4);
  return Buffer.concat([head, payload]);
}

function frameAt(bytes: Buffer, at: number): Buffer | undefined {
  if (bytes.length - at <= OVERHEAD) return undefined;
  const size = bytes.readUInt32BE(at);
  if (size > bytes.length - at - OVERHEAD) return undefined;
  const payload = bytes.subarray(at + OVERHEAD, at + OVERHEAD + size);
  return crc32c(payload) === bytes.readUInt32BE(at + 4) ? payload : undefined;
}
