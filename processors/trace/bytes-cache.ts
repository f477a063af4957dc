/** Bytes that come again and again, each with what was made of them; to compare them is a fraction of reading them. */

/**
 * Values by short byte strings. One place for each hash: of two that share one the later stays, so that a find is one
 * comparison, whatever comes.
 */
export class BytesCache<T> {
  readonly #mask: number;
  /** Words of a place. */
  readonly #width: number;
  /** The bytes of each place, four to a word; those behind the last are zero. */
  readonly #words: Int32Array;
  /** -1: an empty place. */
  readonly #lengths: Int32Array;
  readonly #values: (T | undefined)[];

  /** `places`: a power of two. `longest`: bytes, a multiple of four; longer ones are not kept. */
  constructor(places: number, longest: number) {
    this.#mask = places - 1;
    this.#width = longest >> 2;
    this.#words = new Int32Array(places * this.#width);
    this.#lengths = new Int32Array(places).fill(-1);
    this.#values = new Array(places).fill(undefined);
  }

  clear(): void {
    this.#lengths.fill(-1);
    this.#values.fill(undefined);
  }

  /** What was kept for b[from, to), if it still is. */
  find(b: Uint8Array, from: number, to: number): T | undefined {
    const length = to - from;
    const place = placeOf(b, from, length) & this.#mask;
    if (this.#lengths[place] !== length) return undefined;
    const words = this.#words;
    let word = place * this.#width;
    let i = from;
    for (; i + 4 <= to; i += 4, word++)
      if ((b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24)) !== words[word]) return undefined;
    for (let shift = 0; i < to; i++, shift += 8)
      if (b[i] !== ((words[word] >>> shift) & 0xff)) return undefined;
    return this.#values[place];
  }

  keep(b: Uint8Array, from: number, to: number, value: T): void {
    const length = to - from;
    if (length > this.#width * 4) return;
    const place = placeOf(b, from, length) & this.#mask;
    const first = place * this.#width;
    const words = this.#words.fill(0, first, first + this.#width);
    for (let i = 0; i < length; i++) words[first + (i >> 2)] |= b[from + i] << ((i & 3) * 8);
    this.#lengths[place] = length;
    this.#values[place] = value;
  }
}

/** By the length and some bytes: names of one kind differ at their end or in the middle. */
function placeOf(b: Uint8Array, from: number, length: number): number {
  if (length === 0) return 0;
  const last = from + length - 1;
  let hash = Math.imul(length, 0x9e37) ^ b[last];
  hash = Math.imul(hash, 31) + b[from + (length >> 1)];
  hash = Math.imul(hash, 31) + b[from + (length >> 2)];
  hash = Math.imul(hash, 31) + b[last - (length >> 2)];
  hash = Math.imul(hash, 31) + b[length > 1 ? last - 1 : last];
  hash = Math.imul(hash, 31) + b[from];
  return hash ^ (hash >>> 9);
}
