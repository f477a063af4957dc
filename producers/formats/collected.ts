/** What a reader has made of a file so far: OTLP messages, and what it could not read. */
import { JsonFault } from './json-reader.ts';

/** Something that could not be read. */
export interface Fault {
  /** Byte, line and column, or the path in the JSON; '' for the file as a whole. */
  readonly place: string;
  /** What is wrong there, and what was expected. */
  readonly reason: string;
}

/** Faults that are kept with their place; more are only counted. */
const KEPT = 100;

/** Faults, the first of them with their places. */
export class Faults {
  count = 0;
  readonly first: Fault[] = [];

  add(fault: Fault): void {
    this.count++;
    if (this.first.length < KEPT) this.first.push(fault);
  }
}

export interface Message {
  /** A TracesData (protobuf). */
  readonly otlp: Uint8Array;
  /** Spans of it that the door turns away and that are among the skipped already. */
  readonly named: number;
}

/** Where readers put what they read. */
export class Collected {
  readonly messages: Message[] = [];
  /** Spans that could not be read. */
  readonly skipped = new Faults();
  /** Parts of the file that could not be read at all. */
  readonly faults = new Faults();
  /** What was read in another way than it is written, and how often. */
  readonly notes = new Map<string, number>();
  /** Ids that are no hexadecimal numbers, by the id that stands for them. */
  readonly names = new Map<string, string>();
  /** Part of the file that is read: `line 3`. */
  where = '';

  message(otlp: Uint8Array, named = 0): void {
    this.messages.push({ otlp, named });
  }

  note(text: string, times = 1): void {
    this.notes.set(text, (this.notes.get(text) ?? 0) + times);
  }

  fault(place: string, reason: string): void {
    this.faults.add(this.#placed(place, reason));
  }

  skip(place: string, reason: string): void {
    this.skipped.add(this.#placed(place, reason));
  }

  /** One span; where it cannot be read it is skipped, and undefined. */
  span<T>(read: () => T): T | undefined {
    return this.#guard(read, this.skipped);
  }

  /** A part of the file; where it cannot be read that is a fault. */
  part(read: () => void): void {
    this.#guard(read, this.faults);
  }

  #guard<T>(read: () => T, faults: Faults): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      // `path: what`
      const at = error.reason.indexOf(': ');
      const path = error.reason.slice(0, at);
      faults.add(this.#placed(path === 'body' ? '' : path, error.reason.slice(at + 2)));
      return undefined;
    }
  }

  #placed(path: string, reason: string): Fault {
    return { place: [this.where, path].filter((each) => each !== '').join(', '), reason };
  }
}
