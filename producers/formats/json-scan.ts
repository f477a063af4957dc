/**
 * Finds where JSON text ends or stops being JSON, with the path to that place: the parser of the platform says neither
 * for certain. It builds no values and does not recurse, so that neither size nor nesting matters.
 */

export type Scanned =
  | { readonly ok: true; readonly end: number }
  | {
      readonly ok: false;
      /** Index in the text. */
      readonly at: number;
      /** `data[0].spans[3].tags`: what was open there; '' for the value itself. */
      readonly path: string;
      readonly reason: string;
    };

/** An open array or object: the position in it. */
interface Frame {
  readonly array: boolean;
  index: number;
  key: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Steps of a path that are told. */
const DEEPEST = 50;
const ESCAPES = '"\\/bfnrt';
const LITERALS = ['true', 'false', 'null'];

class Fault {
  readonly at: number;
  readonly expected: string;
  constructor(at: number, expected: string) {
    this.at = at;
    this.expected = expected;
  }
}

function skipSpace(text: string, from: number): number {
  let p = from;
  for (; p < text.length; p++) {
    const c = text.charCodeAt(p);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
  }
  return p;
}

/** The position behind the string whose opening quote is at `from`. */
function stringEnd(text: string, from: number): number {
  for (let p = from + 1; ; p++) {
    if (p >= text.length) throw new Fault(text.length, 'the end of a string');
    const c = text.charCodeAt(p);
    if (c === 0x22) return p + 1;
    if (c < 0x20) throw new Fault(p, 'the end of a string before the end of its line');
    if (c !== 0x5c) continue;
    p++;
    if (p >= text.length) throw new Fault(text.length, 'the end of a string');
    if (text[p] === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(p + 1, p + 5)))
        throw new Fault(Math.min(p, text.length), 'four hexadecimal digits after \\u');
      p += 4;
    } else if (!ESCAPES.includes(text[p])) throw new Fault(p, 'an escape that JSON knows');
  }
}

function scalarEnd(text: string, p: number): number {
  const c = text[p];
  if (c === '"') return stringEnd(text, p);
  const literal = LITERALS.find((each) => text.startsWith(each, p));
  if (literal !== undefined) return p + literal.length;
  NUMBER.lastIndex = p;
  const found = NUMBER.exec(text);
  if (found !== null) {
    const end = p + found[0].length;
    // A fraction or an exponent that has only begun.
    if (text.length - end <= 2 && /^(\.|[eE][+-]?)$/.test(text.slice(end)))
      throw new Fault(text.length, 'the rest of a number');
    return end;
  }
  const cut =
    text.slice(p) === '-' ||
    (LITERALS.some((each) => each.startsWith(text.slice(p, p + 5))) && text.length - p < 5);
  throw new Fault(cut ? text.length : p, 'a value');
}

function pathOf(frames: readonly Frame[]): string {
  let path = '';
  for (const { array, index, key } of frames.slice(0, DEEPEST)) {
    if (array) path += `[${index}]`;
    else if (key !== '') path += path === '' ? key : `.${key}`;
  }
  return frames.length > DEEPEST ? `${path}…` : path;
}

/** One value that starts at or behind `from`. */
export function scanJson(text: string, from: number): Scanned {
  const frames: Frame[] = [];
  try {
    return { ok: true, end: scan(text, from, frames) };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    const cut = fault.at >= text.length ? 'cut off here: ' : '';
    return { ok: false, at: fault.at, path: pathOf(frames), reason: `${cut}expected ${fault.expected}` };
  }
}

function scan(text: string, from: number, frames: Frame[]): number {
  let p = skipSpace(text, from);
  for (;;) {
    // A value starts at p.
    const c = text[p];
    if (c === '{' || c === '[') {
      const frame = { array: c === '[', index: 0, key: '' };
      frames.push(frame);
      p = skipSpace(text, p + 1);
      if (text[p] !== (frame.array ? ']' : '}')) {
        if (!frame.array) p = key(text, p, frame);
        continue;
      }
      frames.pop();
      p++;
    } else p = scalarEnd(text, p);
    // Behind a value: close what ends here, until another one follows.
    for (;;) {
      const frame = frames.at(-1);
      if (frame === undefined) return p;
      p = skipSpace(text, p);
      if (text[p] === ',') {
        frame.index++;
        p = skipSpace(text, p + 1);
        if (!frame.array) p = key(text, p, frame);
        break;
      }
      if (text[p] !== (frame.array ? ']' : '}'))
        throw new Fault(p, frame.array ? '`,` or `]`' : '`,` or `}`');
      frames.pop();
      p++;
    }
  }
}

/** The position of the value behind the key at `p`. */
function key(text: string, p: number, frame: Frame): number {
  frame.key = '';
  if (text[p] !== '"') throw new Fault(Math.min(p, text.length), 'a key in quotes');
  const end = stringEnd(text, p);
  frame.key = JSON.parse(text.slice(p, end));
  const colon = skipSpace(text, end);
  if (text[colon] !== ':') throw new Fault(colon, '`:`');
  return skipSpace(text, colon + 1);
}
