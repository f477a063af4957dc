import { again, name, position } from './writer.ts';

/**
 * The strings of one message or part that stand in it many times: each is turned into bytes where it first comes, and
 * those are copied from there.
 */
export class Words {
  #texts: readonly string[] = [];
  /** The texts that every message has, numbered behind `#texts`. */
  readonly #fixed: readonly string[];
  /** What `also` has added, numbered behind those. */
  readonly #added: string[] = [];
  /** Where each was written first and with how many bytes; 0 bytes: not yet. */
  #places = new Int32Array(128);

  constructor(fixed: readonly string[]) {
    this.#fixed = fixed;
  }

  /** For a new message, which has these. */
  begin(texts: readonly string[]): void {
    this.#texts = texts;
    this.#added.length = 0;
    const length = (texts.length + this.#fixed.length) * 2;
    if (length > this.#places.length) this.#places = new Int32Array(length * 2);
    else this.#places.fill(0, 0, length);
  }

  /** One more text: its index. */
  also(text: string): number {
    const index = this.#texts.length + this.#fixed.length + this.#added.push(text) - 1;
    const length = (index + 1) * 2;
    if (length > this.#places.length) {
      const longer = new Int32Array(length * 2);
      longer.set(this.#places);
      this.#places = longer;
    }
    this.#places[index * 2 + 1] = 0;
    return index;
  }

  /** Writes the `index`th of the texts. */
  write(index: number): void {
    const places = this.#places;
    const length = places[index * 2 + 1];
    if (length > 0) again(places[index * 2], length);
    else this.#first(index);
  }

  /** The index of a fixed text. */
  fixed(index: number): number {
    return this.#texts.length + index;
  }

  #first(index: number): void {
    const from = position();
    name(this.#text(index));
    this.#places[index * 2] = from;
    this.#places[index * 2 + 1] = position() - from;
  }

  #text(index: number): string {
    if (index < this.#texts.length) return this.#texts[index];
    const rest = index - this.#texts.length;
    return rest < this.#fixed.length ? this.#fixed[rest] : this.#added[rest - this.#fixed.length];
  }
}
