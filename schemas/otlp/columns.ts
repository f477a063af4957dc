import type { KeySet } from './key-set.ts';

const NOWHERE = new Int32Array(0);

/**
 * Spans as a struct of arrays: what assembly, critical path and detectors read instead of span objects.
 *
 * Row i of every column is one span. Ids are raw bytes (a missing parent is eight zeros); times are unsigned 64-bit
 * unix nanoseconds as two 32-bit halves, exact and without BigInt; names and attributes stay where they are, in the
 * OTLP bytes, and are decoded on demand.
 */
export class SpanColumns {
  n = 0;
  /** 16 bytes a row. */
  traceId: Uint8Array;
  /** 8 bytes a row. */
  spanId: Uint8Array;
  /** 8 bytes a row. */
  parentId: Uint8Array;
  /** The same ids as words: four of a trace id, two of a span id. */
  traceWords: Uint32Array;
  spanWords: Uint32Array;
  parentWords: Uint32Array;
  /** Four a row: start low, start high, end low, end high. */
  time: Uint32Array;
  /** OTLP Span.SpanKind, 0 to 5. */
  kind: Uint8Array;
  /** OTLP Status.StatusCode: 0 unset, 1 ok, 2 error. */
  status: Uint8Array;
  /** Index into `buffers`. */
  buffer: Int32Array;
  /** The Span message in its buffer. */
  spanOffset: Int32Array;
  spanLength: Int32Array;
  /** The span's name (UTF-8) in its buffer. */
  nameOffset: Int32Array;
  nameLength: Int32Array;
  /** The Resource message of the span's ResourceSpans in the same buffer; length 0 without one. */
  resourceOffset: Int32Array;
  resourceLength: Int32Array;
  /** The OTLP bytes that the offsets point into. */
  buffers: Uint8Array[] = [];

  constructor(capacity = 64) {
    this.traceId = new Uint8Array(capacity * 16);
    this.spanId = new Uint8Array(capacity * 8);
    this.parentId = new Uint8Array(capacity * 8);
    this.traceWords = new Uint32Array(this.traceId.buffer);
    this.spanWords = new Uint32Array(this.spanId.buffer);
    this.parentWords = new Uint32Array(this.parentId.buffer);
    this.time = new Uint32Array(capacity * 4);
    this.kind = new Uint8Array(capacity);
    this.status = new Uint8Array(capacity);
    this.buffer = new Int32Array(capacity);
    this.spanOffset = new Int32Array(capacity);
    this.spanLength = new Int32Array(capacity);
    this.nameOffset = new Int32Array(capacity);
    this.nameLength = new Int32Array(capacity);
    this.resourceOffset = new Int32Array(capacity);
    this.resourceLength = new Int32Array(capacity);
  }

  /** Attributes that are to be found while the spans are read: `describe` is told of them. */
  get keys(): KeySet | undefined {
    return undefined;
  }

  /** Where the values of `keys` stand in the span that is being read (as in `Located`, of one row). */
  get at(): Int32Array {
    return NOWHERE;
  }

  /** Called once the row is read, but for its resource. `found`: as in `Located`. */
  describe(_b: Uint8Array, _view: DataView, _row: number, _found: number): void {}

  get capacity(): number {
    return this.kind.length;
  }

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    if (rows <= this.capacity) return;
    const capacity = Math.max(rows, this.capacity * 2);
    const grown = new SpanColumns(capacity);
    grown.traceId.set(this.traceId);
    grown.spanId.set(this.spanId);
    grown.parentId.set(this.parentId);
    grown.time.set(this.time);
    grown.kind.set(this.kind);
    grown.status.set(this.status);
    grown.buffer.set(this.buffer);
    grown.spanOffset.set(this.spanOffset);
    grown.spanLength.set(this.spanLength);
    grown.nameOffset.set(this.nameOffset);
    grown.nameLength.set(this.nameLength);
    grown.resourceOffset.set(this.resourceOffset);
    grown.resourceLength.set(this.resourceLength);
    Object.assign(this, { ...grown, n: this.n, buffers: this.buffers });
  }

  /** Appends row `i` of `from`; `buffer` is the index in `this.buffers` of the bytes that the row points into. */
  appendRow(from: SpanColumns, i: number, buffer: number): number {
    const to = this.n;
    this.reserve(to + 1);
    for (let k = 0; k < 4; k++) {
      this.traceWords[to * 4 + k] = from.traceWords[i * 4 + k];
      this.time[to * 4 + k] = from.time[i * 4 + k];
    }
    for (let k = 0; k < 2; k++) {
      this.spanWords[to * 2 + k] = from.spanWords[i * 2 + k];
      this.parentWords[to * 2 + k] = from.parentWords[i * 2 + k];
    }
    this.kind[to] = from.kind[i];
    this.status[to] = from.status[i];
    this.buffer[to] = buffer;
    this.spanOffset[to] = from.spanOffset[i];
    this.spanLength[to] = from.spanLength[i];
    this.nameOffset[to] = from.nameOffset[i];
    this.nameLength[to] = from.nameLength[i];
    this.resourceOffset[to] = from.resourceOffset[i];
    this.resourceLength[to] = from.resourceLength[i];
    this.n = to + 1;
    return to;
  }
}
