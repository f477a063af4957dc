import { textAt } from '#schemas/avro/reader.ts';
import { copyBytes } from '#schemas/otlp/words.ts';
import { noNumbers, type SignalLayout, type SignalNumbers } from '#schemas/signal-layout.ts';
import { type GroupName, NO_NAME } from './group-names.ts';
import { hashOf, memoryOf } from './hash.ts';
import { Tails } from './tails.ts';

/** A signal that was taken from a queue; the next one is written over it. Its trace id stands in `words`, until the next is put in. */
export interface Taken extends SignalNumbers {
  name: GroupName;
  /** What it says from its facts on. */
  tails: Tails;
  tail: number;
  words: DataView;
  traceHash: number;
}

const NO_WORDS = new DataView(new ArrayBuffer(0));

export function nothingTaken(): Taken {
  return {
    ...noNumbers(),
    name: NO_NAME,
    tails: new Tails(),
    tail: 0,
    words: NO_WORDS,
    traceHash: 0,
  };
}

export function traceIdOf({ words, traceAt, traceEnd }: Taken): string {
  return textAt(new Uint8Array(words.buffer), traceAt, traceEnd);
}

/** Columns of integers. */
const TAIL = 0;
const TRACE_AT = 1;
const TRACE_END = 2;
const TRACE_HASH = 3;
const REVISION = 4;
const PARTITION = 5;
const SEQUENCE = 6;
const CALLS = 7;
const INTS = 8;

/** Columns of greater numbers. */
const EVENT_TIME = 0;
const OFFSET = 1;
const CLOCK = 2;
const GREAT = 3;

const LEAST_ROWS = 64;
const LEAST_BYTES = 2048;

/**
 * Signals that wait for their time, first in, first out: rows of numbers, and bytes of their own. What their records stood in
 * is needed no more.
 */
export class WaitingSignals {
  #names: GroupName[] = new Array<GroupName>(LEAST_ROWS).fill(NO_NAME);
  #tails: (Tails | undefined)[] = new Array<Tails | undefined>(LEAST_ROWS).fill(undefined);
  #ints = new Int32Array(LEAST_ROWS * INTS);
  #great = new Float64Array(LEAST_ROWS * GREAT);
  /** Trace ids. */
  #bytes = new Uint8Array(LEAST_BYTES);
  #words = new DataView(this.#bytes.buffer);
  #bytesEnd = 0;
  #head = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#head;
  }

  /** Of the first; Infinity where none is. */
  get clock(): number {
    return this.#head < this.#end ? this.#great[this.#head * GREAT + CLOCK] : Infinity;
  }

  push(signal: SignalLayout, name: GroupName, tails: Tails, tail: number): void {
    const { bytes, traceAt, traceEnd } = signal;
    const size = traceEnd - traceAt;
    if (this.#head === this.#end) {
      this.#head = 0;
      this.#end = 0;
      this.#bytesEnd = 0;
    }
    if (this.#end === this.#names.length || this.#bytesEnd + size > this.#bytes.length) this.#makeRoom(size);
    const words = memoryOf(bytes);
    const from = bytes.byteOffset + traceAt;
    const to = this.#bytesEnd;
    copyBytes(words, from, this.#words, to, size);
    this.#bytesEnd += size;
    const row = this.#end++;
    this.#names[row] = name;
    this.#tails[row] = tails;
    const ints = this.#ints;
    const at = row * INTS;
    ints[at + TAIL] = tail;
    ints[at + TRACE_AT] = to;
    ints[at + TRACE_END] = to + size;
    ints[at + TRACE_HASH] = hashOf(words, from, from + size);
    ints[at + REVISION] = signal.revision;
    ints[at + PARTITION] = signal.partition;
    ints[at + SEQUENCE] = signal.sequence;
    ints[at + CALLS] = signal.calls;
    const great = row * GREAT;
    this.#great[great + EVENT_TIME] = signal.eventTime;
    this.#great[great + OFFSET] = signal.offset;
    this.#great[great + CLOCK] = signal.clock;
  }

  /** Takes the first one out; there is one. */
  take(into: Taken): void {
    const row = this.#head++;
    into.name = this.#names[row];
    into.tails = this.#tails[row]!;
    // Those of another time are freed.
    this.#tails[row] = undefined;
    const ints = this.#ints;
    const at = row * INTS;
    into.tail = ints[at + TAIL];
    into.words = this.#words;
    into.traceAt = ints[at + TRACE_AT];
    into.traceEnd = ints[at + TRACE_END];
    into.traceHash = ints[at + TRACE_HASH];
    into.revision = ints[at + REVISION];
    into.partition = ints[at + PARTITION];
    into.sequence = ints[at + SEQUENCE];
    into.calls = ints[at + CALLS];
    const great = row * GREAT;
    into.eventTime = this.#great[great + EVENT_TIME];
    into.offset = this.#great[great + OFFSET];
    into.clock = this.#great[great + CLOCK];
  }

  /** Moves what waits to the front; the columns get room for as much again at least. */
  #makeRoom(size: number): void {
    const [head, end] = [this.#head, this.#end];
    const rows = roomFor(this.#names.length, end - head, LEAST_ROWS);
    const from = head < end ? this.#ints[head * INTS + TRACE_AT] : this.#bytesEnd;
    const ints = this.#ints.subarray(head * INTS, end * INTS);
    for (let at = TRACE_AT; at < ints.length; at += INTS) {
      ints[at] -= from;
      ints[at + 1] -= from;
    }
    const great = this.#great.subarray(head * GREAT, end * GREAT);
    const bytes = this.#bytes.subarray(from, this.#bytesEnd);
    const length = roomFor(this.#bytes.length, bytes.length + size, LEAST_BYTES);
    if (rows === this.#names.length) {
      this.#names.copyWithin(0, head, end);
      this.#tails.copyWithin(0, head, end).fill(undefined, end - head);
    } else {
      const free = rows - (end - head);
      this.#names = [...this.#names.slice(head, end), ...new Array<GroupName>(free).fill(NO_NAME)];
      this.#tails = [...this.#tails.slice(head, end), ...new Array<Tails | undefined>(free).fill(undefined)];
    }
    this.#ints = moved(this.#ints, ints, rows * INTS);
    this.#great = moved(this.#great, great, rows * GREAT);
    this.#bytes = moved(this.#bytes, bytes, length);
    if (this.#words.buffer !== this.#bytes.buffer) this.#words = new DataView(this.#bytes.buffer);
    this.#bytesEnd = bytes.length;
    this.#head = 0;
    this.#end = end - head;
  }
}

/** The present room where it is neither too small nor far too large for what is kept. */
function roomFor(present: number, kept: number, least: number): number {
  return kept * 2 <= present && present <= Math.max(least, kept * 32) ? present : Math.max(least, kept * 4);
}

type Column = Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** `part` of the column at the front of one of this length: the same where it has it. */
function moved<C extends Column>(column: C, part: C, length: number): C {
  const to =
    column.length === length ? column : new (column.constructor as new (length: number) => C)(length);
  to.set(part as never);
  return to;
}
