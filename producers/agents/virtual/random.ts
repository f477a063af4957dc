import { createHash } from 'node:crypto';

/** 16 bytes that differ for different parts: what a generator of random numbers starts from. */
export function seedBytes(...parts: readonly (string | number)[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
}

/**
 * Chance that a seed decides: the same numbers in the same order, on every machine. The generator is sfc32, the small
 * fast counting one of PractRand.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** From 16 bytes. */
  constructor(seed: Uint8Array) {
    const words = new DataView(seed.buffer, seed.byteOffset, 16);
    this.#a = words.getInt32(0);
    this.#b = words.getInt32(4);
    this.#c = words.getInt32(8);
    this.#counter = words.getInt32(12);
    for (let i = 0; i < 12; i++) this.word();
  }

  /** 32 bits, signed. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** In [least, most). */
  between(least: number, most: number): number {
    return least + ((this.word() >>> 0) / 2 ** 32) * (most - least);
  }

  /** An id of `bytes` (a multiple of 4), never all zeros. */
  id(bytes: number): Uint8Array {
    const id = Buffer.allocUnsafe(bytes);
    for (let at = 0; at < bytes; at += 4) id.writeInt32BE(this.word(), at);
    return id.some((byte) => byte !== 0) ? id : this.id(bytes);
  }
}
