import { SpanColumns } from '#schemas/otlp/columns.ts';

const NO_BYTES = new Uint8Array();
const NO_SPANS = new SpanColumns(0);

/**
 * The spans of one trace with bytes of their own: rows are copied out of the batch that brought them, so that a trace
 * that stays open for minutes holds its own few bytes and not every batch in which one of its spans came.
 */
export class SpanArena {
  columns = new SpanColumns(8);
  #bytes = new Uint8Array(2048);
  #used = 0;
  // The resource copied last: spans of one export mostly share it.
  #resourceOf: Uint8Array | undefined;
  #resourceFrom = -1;
  #resourceAt = 0;

  constructor() {
    this.columns.buffers = [this.#bytes];
  }

  get byteLength(): number {
    return this.#used;
  }

  /** Copies row `row` of `from`, whose bytes are `source`. */
  add(from: SpanColumns, row: number, source: Uint8Array): void {
    const to = this.columns.appendRow(from, row, 0);
    const spanFrom = from.spanOffset[row];
    const spanAt = this.#copy(source, spanFrom, from.spanLength[row]);
    this.columns.spanOffset[to] = spanAt;
    this.columns.nameOffset[to] = from.nameOffset[row] - spanFrom + spanAt;
    this.columns.resourceOffset[to] = this.#resource(from, row, source);
  }

  #resource(from: SpanColumns, row: number, source: Uint8Array): number {
    const at = from.resourceOffset[row];
    if (this.#resourceOf !== source || this.#resourceFrom !== at) {
      this.#resourceAt = this.#copy(source, at, from.resourceLength[row]);
      this.#resourceOf = source;
      this.#resourceFrom = at;
    }
    return this.#resourceAt;
  }

  /** Called when a batch is done: its bytes may go. */
  releaseBatch(): void {
    this.#resourceOf = undefined;
  }

  /** It holds nothing, and no memory, any more; nothing may be added. */
  clear(): void {
    this.#bytes = NO_BYTES;
    this.#used = 0;
    this.#resourceOf = undefined;
    this.columns = NO_SPANS;
  }

  #copy(source: Uint8Array, offset: number, length: number): number {
    const at = this.#used;
    const end = at + length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.columns.buffers[0] = grown;
    }
    this.#bytes.set(source.subarray(offset, offset + length), at);
    this.#used = end;
    return at;
  }
}
