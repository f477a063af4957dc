import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { grown } from '../grown.ts';
import { DescribedColumns, type SpanKind } from '../trace/kinds.ts';
import { boundNames } from '../trace/names.ts';
import { type Origin, Origins } from '../trace/origins.ts';
import { givePage, takePage } from './pages.ts';

/** Columns for more rows than this are not kept for the next trace. */
const KEPT_ROWS = 4096;

/** Numbers of a row in `#places`. */
const PAGE = 0;
const SPAN = 1;
const SPAN_LENGTH = 2;
const NAME = 3;
const NAME_LENGTH = 4;
const RESOURCE = 5;
const RESOURCE_LENGTH = 6;
const NEXT = 7;

/**
 * The spans of all open traces of a partition, 81 bytes a row beside its OTLP bytes; the rows of a trace are a chain.
 *
 * The OTLP bytes are in pages. A young span's page is filled with whole records, one after the other: its traces will be
 * gone soon, and with the last span the page. A trace that stays open is settled: its bytes are copied to pages of such
 * spans, so that it does not hold pages a hundred times its size.
 */
export class SpanStore {
  /** Two words of span id, of parent id, of start, of end. */
  #words = new Uint32Array(8 * 64);
  #places = new Int32Array(8 * 64);
  /** Kind and status. */
  #codes = new Uint8Array(64);
  /** What each is, where that needed no memory: spans of which the same is to be said share it. */
  readonly #kinds: (SpanKind | undefined)[] = [];
  /** Who wrote it. */
  readonly #origins: (Origin | undefined)[] = [];
  readonly #resources = new Origins();
  #capacity = 64;
  /** Chain of rows that were used before, and the first that never was. */
  #free = -1;
  #fresh = 0;
  #pages: (Uint8Array | undefined)[] = [];
  /** By page: rows in it, 1 where it is one of settled spans, and its index in the columns that are being filled. */
  #rowsIn = new Int32Array(64);
  #settled = new Uint8Array(64);
  #indexOf = new Int32Array(64);
  #freePages: number[] = [];
  /** The page that is being filled with records, how far, and where the last record begins in it. */
  #young = -1;
  #filled = 0;
  #record = 0;
  /** The page that is being filled with settled spans, and how far; the resource copied last. */
  #copies = -1;
  #copied = 0;
  #resourcePage = -1;
  #resourceFrom = -1;
  #resourceAt = 0;
  #columns = new DescribedColumns(64);
  /** Pages of the columns, by their index. */
  readonly #used: number[] = [];

  /** Pages that are held, and their bytes. */
  get held(): { readonly pages: number; readonly bytes: number } {
    const pages = this.#pages.filter((page) => page !== undefined);
    return { pages: pages.length, bytes: pages.reduce((sum, page) => sum + page.length, 0) };
  }

  /** Copies a record's OTLP bytes: the rows that are added next are of it. They may be reused then. */
  open(bytes: Uint8Array): void {
    if (this.#young < 0 || this.#pages[this.#young]!.length - this.#filled < bytes.length) {
      if (this.#young >= 0) this.#leave(this.#young);
      this.#young = this.#newPage(takePage(bytes.length), 0);
      // Held while it is being filled.
      this.#rowsIn[this.#young] = 1;
      this.#filled = 0;
    }
    this.#pages[this.#young]!.set(bytes, this.#filled);
    boundNames();
    this.#resources.clear();
    this.#record = this.#filled;
    this.#filled += bytes.length;
  }

  /** Adds row `from` of `rows`, whose bytes are the open record's; returns its number. The caller chains it. */
  add(rows: DescribedColumns, from: number): number {
    let row = this.#free;
    if (row >= 0) this.#free = this.#places[row * 8 + NEXT];
    else {
      if (this.#fresh === this.#capacity) this.#grow();
      row = this.#fresh++;
    }
    const words = this.#words;
    const places = this.#places;
    const page = this.#young;
    const record = this.#record;
    const to = row * 8;
    const { spanWords, parentWords, time } = rows;
    words[to] = spanWords[from * 2];
    words[to + 1] = spanWords[from * 2 + 1];
    words[to + 2] = parentWords[from * 2];
    words[to + 3] = parentWords[from * 2 + 1];
    words[to + 4] = time[from * 4];
    words[to + 5] = time[from * 4 + 1];
    words[to + 6] = time[from * 4 + 2];
    words[to + 7] = time[from * 4 + 3];
    places[to + PAGE] = page;
    places[to + SPAN] = record + rows.spanOffset[from];
    places[to + SPAN_LENGTH] = rows.spanLength[from];
    places[to + NAME] = record + rows.nameOffset[from];
    places[to + NAME_LENGTH] = rows.nameLength[from];
    places[to + RESOURCE] = record + rows.resourceOffset[from];
    places[to + RESOURCE_LENGTH] = rows.resourceLength[from];
    places[to + NEXT] = -1;
    this.#codes[row] = rows.kind[from] | (rows.status[from] << 4);
    this.#kinds[row] = rows.kinds[from];
    this.#origins[row] = this.#resources.of(rows, from);
    this.#rowsIn[page]++;
    return row;
  }

  /** Lets `row` follow `last` in its chain. */
  chain(last: number, row: number): void {
    this.#places[last * 8 + NEXT] = row;
  }

  /** True where the chain from `first` has a span of the same id, start and kind as row `at` of `rows`. */
  has(first: number, rows: SpanColumns, at: number): boolean {
    const words = this.#words;
    const places = this.#places;
    const low = rows.spanWords[at * 2];
    const high = rows.spanWords[at * 2 + 1];
    for (let row = first; row >= 0; row = places[row * 8 + NEXT]) {
      const to = row * 8;
      if (
        words[to] === low &&
        words[to + 1] === high &&
        words[to + 4] === rows.time[at * 4] &&
        words[to + 5] === rows.time[at * 4 + 1] &&
        (this.#codes[row] & 15) === rows.kind[at]
      )
        return true;
    }
    return false;
  }

  /** What `has` compares, of a row of the chain, for a set of them. */
  *keys(first: number): Iterable<string> {
    for (let row = first; row >= 0; row = this.#places[row * 8 + NEXT]) {
      const to = row * 8;
      const words = this.#words;
      yield spanKey(words[to], words[to + 1], words[to + 4], words[to + 5], this.#codes[row] & 15);
    }
  }

  /** The chain as columns, until the next call: `count` rows, all of the trace id in four words of `id` from `idAt` on. */
  columns(first: number, count: number, id: Uint32Array, idAt: number): DescribedColumns {
    let c = this.#columns;
    if (c.capacity > KEPT_ROWS) {
      c = new DescribedColumns(64);
      this.#columns = c;
    }
    c.n = 0;
    c.reserve(count);
    c.n = count;
    c.buffers = [];
    const words = this.#words;
    const places = this.#places;
    const codes = this.#codes;
    const { traceWords, spanWords, parentWords, time } = c;
    const id0 = id[idAt];
    const id1 = id[idAt + 1];
    const id2 = id[idAt + 2];
    const id3 = id[idAt + 3];
    // Spans mostly stand where the one before them does.
    let page = -1;
    let index = -1;
    const used = this.#used;
    used.length = 0;
    let to = 0;
    for (let row = first; row >= 0; row = places[row * 8 + NEXT]) {
      const at = row * 8;
      if (places[at + PAGE] !== page) {
        page = places[at + PAGE];
        if (used[this.#indexOf[page]] !== page) {
          this.#indexOf[page] = used.push(page) - 1;
          c.buffers.push(this.#pages[page]!);
        }
        index = this.#indexOf[page];
      }
      const four = to * 4;
      const two = to * 2;
      traceWords[four] = id0;
      traceWords[four + 1] = id1;
      traceWords[four + 2] = id2;
      traceWords[four + 3] = id3;
      spanWords[two] = words[at];
      spanWords[two + 1] = words[at + 1];
      parentWords[two] = words[at + 2];
      parentWords[two + 1] = words[at + 3];
      time[four] = words[at + 4];
      time[four + 1] = words[at + 5];
      time[four + 2] = words[at + 6];
      time[four + 3] = words[at + 7];
      c.kind[to] = codes[row] & 15;
      c.status[to] = codes[row] >> 4;
      c.buffer[to] = index;
      c.spanOffset[to] = places[at + SPAN];
      c.spanLength[to] = places[at + SPAN_LENGTH];
      c.nameOffset[to] = places[at + NAME];
      c.nameLength[to] = places[at + NAME_LENGTH];
      c.resourceOffset[to] = places[at + RESOURCE];
      c.resourceLength[to] = places[at + RESOURCE_LENGTH];
      c.kinds[to] = this.#kinds[row];
      c.origins[to] = this.#origins[row];
      to++;
    }
    return c;
  }

  /** Lets the columns' bytes go. */
  release(): void {
    this.#columns.buffers = [];
  }

  /** Frees the rows of a chain. */
  free(first: number, last: number): void {
    if (first < 0) return;
    for (let row = first; row >= 0; row = this.#places[row * 8 + NEXT])
      this.#leave(this.#places[row * 8 + PAGE]);
    this.#places[last * 8 + NEXT] = this.#free;
    this.#free = first;
  }

  /** Copies the bytes of the chain's young rows. */
  settle(first: number): void {
    for (let row = first; row >= 0; row = this.#places[row * 8 + NEXT])
      if (this.#settled[this.#places[row * 8 + PAGE]] === 0) this.#settle(row * 8);
  }

  #settle(at: number): void {
    const places = this.#places;
    const from = places[at + PAGE];
    const source = this.#pages[from]!;
    const span = places[at + SPAN];
    const length = places[at + SPAN_LENGTH];
    const resource = places[at + RESOURCE];
    const resourceLength = places[at + RESOURCE_LENGTH];
    const room = this.#copies < 0 ? 0 : this.#pages[this.#copies]!.length - this.#copied;
    if (room < length + resourceLength) {
      if (this.#copies >= 0) this.#leave(this.#copies);
      this.#copies = this.#newPage(takePage(length + resourceLength), 1);
      this.#rowsIn[this.#copies] = 1;
      this.#copied = 0;
      this.#resourcePage = -1;
    }
    if (this.#resourcePage !== from || this.#resourceFrom !== resource) {
      this.#resourceAt = this.#copy(source, resource, resourceLength);
      this.#resourcePage = from;
      this.#resourceFrom = resource;
    }
    const to = this.#copy(source, span, length);
    places[at + PAGE] = this.#copies;
    places[at + SPAN] = to;
    places[at + NAME] += to - span;
    places[at + RESOURCE] = this.#resourceAt;
    this.#rowsIn[this.#copies]++;
    this.#leave(from);
  }

  #copy(source: Uint8Array, from: number, length: number): number {
    const at = this.#copied;
    this.#pages[this.#copies]!.set(source.subarray(from, from + length), at);
    this.#copied += length;
    return at;
  }

  /** One row less in a page; without any it goes. */
  #leave(page: number): void {
    if (--this.#rowsIn[page] > 0) return;
    givePage(this.#pages[page]!);
    this.#pages[page] = undefined;
    this.#freePages.push(page);
    // Its number may soon stand for another.
    if (this.#resourcePage === page) this.#resourcePage = -1;
  }

  #newPage(bytes: Uint8Array, settled: number): number {
    const page = this.#freePages.pop() ?? this.#pages.length;
    if (page === this.#rowsIn.length) {
      this.#rowsIn = grown(this.#rowsIn, page * 2);
      this.#settled = grown(this.#settled, page * 2);
      this.#indexOf = grown(this.#indexOf, page * 2);
    }
    this.#pages[page] = bytes;
    this.#settled[page] = settled;
    return page;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#words = grown(this.#words, this.#capacity * 8);
    this.#places = grown(this.#places, this.#capacity * 8);
    this.#codes = grown(this.#codes, this.#capacity);
  }
}

/** Id, start and kind of a span, as a key of a set. */
export function spanKey(id0: number, id1: number, start0: number, start1: number, kind: number): string {
  return `${id0} ${id1} ${start0} ${start1} ${kind}`;
}
