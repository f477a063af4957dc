/** A text as the JSON documents in it: one, or one after the other, as in JSON lines. */
import type { Fault } from './collected.ts';
import { scanJson } from './json-scan.ts';

export type JsonDocument =
  | {
      readonly ok: true;
      readonly value: unknown /** `line 3`; '' where it is the whole text. */;
      readonly where: string;
    }
  | { readonly ok: false; readonly fault: Fault };

/** A place in a text that only moves forward, so that counting the places of all its faults takes one pass. */
class Cursor {
  line = 1;
  readonly #text: string;
  #at = 0;
  #lineStart = 0;
  #byte = 0;
  /** Of the first line feed at or behind `#at`; -1 without one. */
  #feed: number;

  constructor(text: string) {
    this.#text = text;
    this.#feed = text.indexOf('\n');
  }

  /** `at` is not before where it stands. */
  moveTo(at: number): void {
    const text = this.#text;
    for (; this.#feed >= 0 && this.#feed < at; this.#feed = text.indexOf('\n', this.#feed + 1)) {
      this.line++;
      this.#lineStart = this.#feed + 1;
    }
    this.#byte += Buffer.byteLength(text.slice(this.#at, at));
    this.#at = at;
  }

  /** `line 3, column 14 (byte 812)`: lines and columns from 1, in UTF-16 units, as editors count them. */
  toString(): string {
    return `line ${this.line}, column ${this.#at - this.#lineStart + 1} (byte ${this.#byte})`;
  }
}

/**
 * The documents in order. After one that is broken the reading goes on at the next line that starts with `{` or `[`,
 * so that one bad line of JSON lines does not take the others with it.
 */
export function* jsonDocuments(text: string): Generator<JsonDocument> {
  const whole = parse(text);
  if (whole !== undefined) {
    yield { ok: true, value: whole.value, where: '' };
    return;
  }
  const cursor = new Cursor(text);
  for (let p = start(text, 0); p < text.length; ) {
    cursor.moveTo(p);
    const found = scanJson(text, p);
    if (found.ok) {
      const value = parse(text.slice(p, found.end));
      if (value !== undefined) yield { ok: true, value: value.value, where: `line ${cursor.line}` };
      else yield fault(cursor, '', 'is no JSON');
      p = start(text, found.end);
    } else {
      cursor.moveTo(found.at);
      yield fault(cursor, found.path, found.reason);
      p = resume(text, p, found.at);
    }
  }
}

function fault(at: Cursor, path: string, reason: string): JsonDocument {
  const inside = path === '' ? '' : `, in ${path}`;
  return { ok: false, fault: { place: `${at}${inside}`, reason } };
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function start(text: string, from: number): number {
  let p = from;
  while (p < text.length && /\s/.test(text[p])) p++;
  return p;
}

/** The start of the first line at or behind the fault, and behind `from`, that may start a document. */
function resume(text: string, from: number, at: number): number {
  const opens = (p: number) => text[p] === '{' || text[p] === '[';
  if (at > from && text[at - 1] === '\n' && opens(at)) return at;
  for (let p = text.indexOf('\n', at); p >= 0; p = text.indexOf('\n', p + 1)) if (opens(p + 1)) return p + 1;
  return text.length;
}
