/** The output for one service while an export is split: members in their groups, cut where a record would be too large. */
import { Bytes } from './edits.ts';
import { ENVELOPE } from './fields.ts';
import { closeMessage, openMessage } from './part.ts';

/** One of the messages that enclose an item: ResourceMetrics, ScopeMetrics, Metric, Gauge. */
export class Level {
  /** Another one for each message, so that a part knows what is open in it. */
  id = 0;
  tag: number = ENVELOPE.resources;
  /** Its fields, filtered, without what is inside. */
  readonly head = new Bytes(256);
}

const NONE = -1;
/** A tag and a length of four bytes. */
const OPENING_BYTES = 5;

/** Bytes that opening the levels from `first` on costs. */
export function openingBytes(levels: readonly Level[], first = 0): number {
  let bytes = 0;
  for (let k = first; k < levels.length; k++) bytes += OPENING_BYTES + levels[k].head.n;
  return bytes;
}

/** Writes items one after the other, opening and closing the messages that enclose them as they change. */
export class ServicePart {
  readonly out = new Bytes(256);
  count = 0;
  readonly #ids: number[];
  readonly #starts: number[];

  constructor(levels: number) {
    this.#ids = new Array(levels).fill(NONE);
    this.#starts = new Array(levels).fill(0);
  }

  /** Bytes that an item costs beside its own, with the levels that must be opened for it. */
  cost(levels: readonly Level[]): number {
    return openingBytes(levels, this.#same(levels));
  }

  /** Opens what is not open for an item in these levels. */
  enter(levels: readonly Level[]): void {
    const same = this.#same(levels);
    if (same === levels.length) return;
    this.#close(same);
    for (let k = same; k < levels.length; k++) {
      this.#ids[k] = levels[k].id;
      this.#starts[k] = openMessage(this.out, levels[k].tag);
      this.out.copy(levels[k].head.buf, 0, levels[k].head.n);
    }
  }

  /** The message so far, in memory of its own; the part is empty afterwards. */
  take(): Uint8Array {
    this.#close(0);
    const otlp = Uint8Array.prototype.slice.call(this.out.buf, 0, this.out.n);
    this.out.n = 0;
    this.count = 0;
    return otlp;
  }

  /** How many levels are open already. */
  #same(levels: readonly Level[]): number {
    let k = 0;
    while (k < levels.length && this.#ids[k] === levels[k].id) k++;
    return k;
  }

  #close(from: number): void {
    for (let k = this.#ids.length - 1; k >= from; k--) {
      if (this.#ids[k] !== NONE) closeMessage(this.out, this.#starts[k]);
      this.#ids[k] = NONE;
    }
  }
}
