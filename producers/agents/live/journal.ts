import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { Slots } from '../slots.ts';

/** A file of this size starts again from its beginning: checkpoints are kept for nobody. */
const DEFAULT_MAX_BYTES = 1 << 20;

/**
 * The checkpoints of a process: one append-only file, each write with its fsync, one writer at a time and first in first
 * out. So checkpoints of runs side by side really contend for the disk.
 */
export class Journal {
  readonly #file: string;
  readonly #maxBytes: number;
  /** Of one: who holds it writes. */
  readonly queue = new Slots(1, 'checkpoints');
  #handle: FileHandle | undefined;
  #bytes = 0;
  #closed = false;

  constructor(file: string, maxBytes = DEFAULT_MAX_BYTES) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /** Resolves when the bytes are on the disk. */
  append(bytes: Uint8Array): Promise<void> {
    return this.queue.use(async () => {
      if (this.#closed) throw new Error('the journal is closed');
      const handle = await this.#opened();
      if (this.#bytes > 0 && this.#bytes + bytes.byteLength > this.#maxBytes) {
        await handle.truncate(0);
        this.#bytes = 0;
      }
      await handle.appendFile(bytes);
      await handle.sync();
      this.#bytes += bytes.byteLength;
    });
  }

  /** After the writes that wait already. */
  close(): Promise<void> {
    return this.queue.use(async () => {
      this.#closed = true;
      await this.#handle?.close();
      this.#handle = undefined;
    });
  }

  async #opened(): Promise<FileHandle> {
    if (this.#handle === undefined) {
      await mkdir(path.dirname(this.#file), { recursive: true });
      this.#handle = await open(this.#file, 'a');
      this.#bytes = (await this.#handle.stat()).size;
    }
    return this.#handle;
  }
}
