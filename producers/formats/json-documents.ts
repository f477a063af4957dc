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

/** `line 3, column 14 (byte 812)`, from 1, of an index of the text; columns in UTF-16 units, as editors count them. */
function placeOf(text: string, at: number): string {
  const column = at - text.lastIndexOf('\n', at - 1);
  return `line ${lineOf(text, at)}, column ${column} (byte ${Buffer.byteLength(text.slice(0, at))})`;
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let p = text.indexOf('\n'); p >= 0 && p < at; p = text.indexOf('\n', p + 1)) line++;
  return line;
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
  let line = 1;
  let counted = 0;
  for (let p = start(text, 0); p < text.length; ) {
    for (let at = text.indexOf('\n', counted); at >= 0 && at < p; at = text.indexOf('\n', at + 1)) {
      line++;
      counted = at + 1;
    }
    const found = scanJson(text, p);
    if (found.ok) {
      const value = parse(text.slice(p, found.end));
      if (value !== undefined) yield { ok: true, value: value.value, where: `line ${line}` };
      else yield fault(text, p, '', 'is no JSON');
      p = start(text, found.end);
    } else {
      yield fault(text, found.at, found.path, found.reason);
      p = resume(text, p, found.at);
    }
  }
}

function fault(text: string, at: number, path: string, reason: string): JsonDocument {
  const inside = path === '' ? '' : `, in ${path}`;
  return { ok: false, fault: { place: `${placeOf(text, at)}${inside}`, reason } };
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
