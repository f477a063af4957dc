/** The resources of the rows in the columns: most are said again in every batch, and what they become stands there already. */
import type { Place } from '../native/attributes-column.ts';
import { Dictionary } from '../native/dictionary.ts';

/** Larger ones, and more of them, are read each time: what is kept of them is memory. */
const MAX_BYTES = 4096;
const MAX = 1024;

interface KnownResource {
  /** Its service's number in the dictionary of ServiceName. */
  readonly service: number;
  readonly attributes: Place;
}

export class Resources {
  readonly #messages = new Dictionary();
  readonly #known: KnownResource[] = [];
  #id = 0;

  /** What the Resource message b[from, end) has become; undefined: to be read, then to be told with `keep`. */
  find(b: Uint8Array, from: number, end: number): KnownResource | undefined {
    this.#id = -1;
    if (end - from > MAX_BYTES || this.#messages.size >= MAX) return undefined;
    this.#id = this.#messages.idOf(b, from, end);
    return this.#known[this.#id];
  }

  /** What the message has become that `find` did not know. */
  keep(resource: KnownResource): void {
    if (this.#id >= 0) this.#known[this.#id] = resource;
  }

  clear(): void {
    this.#messages.clear();
    this.#known.length = 0;
  }
}
