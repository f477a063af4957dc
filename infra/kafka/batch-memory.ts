/**
 * The memory that fetched batches are decompressed into, used again once nobody needs their bytes. Fresh memory costs a page
 * fault for each 4 KiB when it is first written, which made a quarter of the CPU of a process that does little else with them.
 */

/** Where decompressed bytes go. */
export interface Memory {
  /** So many bytes, with anything in them. */
  allocate(bytes: number): Buffer;
}

/** Fresh memory for each: nobody ever writes over it. */
export const SEPARATE: Memory = { allocate: (bytes) => Buffer.allocUnsafe(bytes) };

/** The bytes of one batch: they stay as they are until it is released. */
export interface Lease extends Memory {
  release(): void;
}

/** Neighbours share one, so that the many small batches of a calm hour take no more than their bytes. */
const CHUNK_BYTES = 2 << 20;
/** A free chunk up to so much larger than what is asked for serves it. */
const MAX_SURPLUS = 2;

interface Chunk {
  readonly bytes: Buffer;
  /** Leases that have bytes in it. */
  leases: number;
}

/** Chunks that leases fill one after the other. What is never released is left to the garbage collector. */
export class BatchMemory {
  readonly #maxFreeBytes: number;
  readonly #free: Chunk[] = [];
  #freeBytes = 0;
  #current: Chunk = { bytes: Buffer.alloc(0), leases: 0 };
  /** Bytes of the current chunk that are taken. */
  #taken = 0;

  /** `maxFreeBytes`: what is kept of the chunks that no lease is in. */
  constructor(maxFreeBytes: number) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** Bytes of the chunks that wait to be used again. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  lease(): Lease {
    const chunks: Chunk[] = [];
    return {
      allocate: (bytes) => this.#allocate(bytes, chunks),
      release: () => {
        for (const chunk of chunks) if (--chunk.leases === 0) this.#recycle(chunk);
        chunks.length = 0;
      },
    };
  }

  #allocate(bytes: number, mine: Chunk[]): Buffer {
    // A large one gets a chunk of its own, and what is left of the current one is filled by the next.
    const chunk = bytes > CHUNK_BYTES ? this.#take(bytes) : this.#roomFor(bytes);
    const from = chunk === this.#current ? this.#taken : 0;
    if (chunk === this.#current) this.#taken += bytes;
    if (!mine.includes(chunk)) {
      mine.push(chunk);
      chunk.leases++;
    }
    return chunk.bytes.subarray(from, from + bytes);
  }

  #roomFor(bytes: number): Chunk {
    if (this.#taken + bytes <= this.#current.bytes.length) return this.#current;
    this.#current = this.#take(CHUNK_BYTES);
    this.#taken = 0;
    return this.#current;
  }

  #take(bytes: number): Chunk {
    const size = Math.ceil(bytes / CHUNK_BYTES) * CHUNK_BYTES;
    // The one released last is likeliest to be in the processor's cache.
    const fitting = this.#free.findLastIndex(
      (chunk) => chunk.bytes.length >= size && chunk.bytes.length <= size * MAX_SURPLUS,
    );
    if (fitting < 0) return { bytes: Buffer.allocUnsafeSlow(size), leases: 0 };
    const [chunk] = this.#free.splice(fitting, 1);
    this.#freeBytes -= chunk.bytes.length;
    return chunk;
  }

  #recycle(chunk: Chunk): void {
    if (chunk === this.#current) {
      this.#taken = 0;
      return;
    }
    if (this.#freeBytes + chunk.bytes.length > this.#maxFreeBytes) return;
    this.#freeBytes += chunk.bytes.length;
    this.#free.push(chunk);
  }
}
