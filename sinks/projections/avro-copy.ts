/** Fields of records from Avro to RowBinary, byte by byte: no objects and no strings in between. */
import { isUtf8 } from 'node:buffer';
import {
  at,
  b,
  end,
  GROWTH,
  items,
  lastBlock,
  long,
  moved,
  o,
  outWords,
  small,
  text,
  to,
  UNUSUAL,
  words,
  write32,
} from './avro-values.ts';

/** The symbols of an enum as Strings, each at the beginning of 16 bytes. */
interface Symbols {
  readonly count: number;
  readonly sizes: Uint8Array;
  readonly words: Int32Array;
}

/** The longest of `symbols` is GROWTH − 1 bytes. */
export function symbolsOf(symbols: readonly string[]): Symbols {
  const bytes = new Uint8Array(symbols.length * GROWTH);
  for (const [i, symbol] of symbols.entries()) bytes.set([symbol.length, ...Buffer.from(symbol)], i * GROWTH);
  const sizes = Uint8Array.from(symbols, (symbol) => symbol.length + 1);
  return { count: symbols.length, sizes, words: new Int32Array(bytes.buffer) };
}

/** Fields that stand one after another, and become values that do. */
export interface Fields {
  readonly kinds: Uint8Array;
  /** Of its enum: there is one at most. */
  readonly symbols: Symbols;
}

/** string → String */
export const TEXT = 0;
/** int → UInt32 */
export const INT = 1;
/** long → Int64, where a number holds it exactly */
export const LONG = 2;
/** long of any 64 bits → Int64 */
export const NANOS = 3;
/** double → Float64 */
export const DOUBLE = 4;
/** boolean → UInt8 */
export const BOOLEAN = 5;
/** An enum's symbol → String */
const SYMBOL = 6;

const NO_SYMBOLS = symbolsOf([]);

export const fieldsOf = (...kinds: readonly (number | Symbols)[]): Fields => ({
  kinds: Uint8Array.from(kinds, (kind) => (typeof kind === 'number' ? kind : SYMBOL)),
  symbols: kinds.find((kind) => typeof kind !== 'number') ?? NO_SYMBOLS,
});

// What the loop compares with stands in its own file: from another it costs 7 %.
const NOT_ASCII = 0x80808080;
/** Texts of up to so many bytes are copied as so many whole words, and what is too much is written over: no loop's end to guess. */
const FEW = 32;
const FEW_WORDS = FEW / 4;
/** By a text's size: which bits of its words are its own. */
const OWN = new Int32Array((FEW + 1) * FEW_WORDS);
for (let size = 0; size <= FEW; size++) new Uint8Array(OWN.buffer, size * FEW, size).fill(0xff);

/** Copies the fields, so many times over. */
export function copy({ kinds, symbols }: Fields, times = 1): void {
  const from = b;
  const fromWords = words;
  const whole = o;
  const toWords = outWords;
  /** Up to here a text of few bytes, and every word that is read for it, is within the record. */
  const safe = end - FEW;
  let p = at;
  let q = to;
  for (let i = 0; i < times; i++) {
    for (let k = 0; k < kinds.length; k++) {
      const kind = kinds[k];
      // Nearly all of what there is stands in few bytes: it is copied here, the rest by what follows `else`.
      if (kind === TEXT) {
        const twice = from[p];
        if (p < safe && twice <= FEW * 2 && (twice & 1) === 0) {
          const size = twice >>> 1;
          whole[q++] = size;
          p++;
          const own = size * FEW_WORDS;
          const w0 = fromWords.getInt32(p, true);
          const w1 = fromWords.getInt32(p + 4, true);
          const w2 = fromWords.getInt32(p + 8, true);
          const w3 = fromWords.getInt32(p + 12, true);
          toWords.setInt32(q, w0, true);
          toWords.setInt32(q + 4, w1, true);
          toWords.setInt32(q + 8, w2, true);
          toWords.setInt32(q + 12, w3, true);
          let all = (w0 & OWN[own]) | (w1 & OWN[own + 1]) | (w2 & OWN[own + 2]) | (w3 & OWN[own + 3]);
          if (size > FEW / 2) {
            const w4 = fromWords.getInt32(p + 16, true);
            const w5 = fromWords.getInt32(p + 20, true);
            const w6 = fromWords.getInt32(p + 24, true);
            const w7 = fromWords.getInt32(p + 28, true);
            toWords.setInt32(q + 16, w4, true);
            toWords.setInt32(q + 20, w5, true);
            toWords.setInt32(q + 24, w6, true);
            toWords.setInt32(q + 28, w7, true);
            all |= (w4 & OWN[own + 4]) | (w5 & OWN[own + 5]) | (w6 & OWN[own + 6]) | (w7 & OWN[own + 7]);
          }
          p += size;
          q += size;
          if ((all & NOT_ASCII) !== 0 && !isUtf8(from.subarray(p - size, p))) throw UNUSUAL;
          continue;
        }
      } else if (kind === INT) {
        const value = from[p];
        if (p < end && value < 0x80) {
          toWords.setInt32(q, (value >>> 1) ^ -(value & 1), true);
          p++;
          q += 4;
          continue;
        }
      } else if (kind === LONG) {
        if (p + 5 <= end) {
          const word = fromWords.getInt32(p, true);
          // The highest bit of each byte that is the last of its number.
          const ends = ~word & NOT_ASCII;
          let low =
            (word & 0x7f) | ((word >>> 1) & 0x3f80) | ((word >>> 2) & 0x1fc000) | ((word >>> 3) & 0xfe00000);
          let high = 0;
          let bits = 35;
          if (ends !== 0) {
            // 7, 15, 23 or 31 of the lowest one: 7 bits of each byte.
            bits = (((31 - Math.clz32(ends & -ends)) >>> 3) + 1) * 7;
            low &= (1 << bits) - 1;
          } else {
            const fifth = from[p + 4];
            low |= fifth << 28;
            high = fifth >>> 4;
          }
          if (high < 8) {
            const sign = -(low & 1);
            toWords.setInt32(q, ((low >>> 1) | (high << 31)) ^ sign, true);
            toWords.setInt32(q + 4, (high >>> 1) ^ sign, true);
            p += bits / 7;
            q += 8;
            continue;
          }
        }
      } else if (kind === DOUBLE) {
        if (end - p < 8) throw UNUSUAL;
        // Of NaN there are many: another reader writes the one.
        if ((from[p + 7] & 0x7f) === 0x7f && (from[p + 6] & 0xf0) === 0xf0) throw UNUSUAL;
        toWords.setInt32(q, fromWords.getInt32(p, true), true);
        toWords.setInt32(q + 4, fromWords.getInt32(p + 4, true), true);
        p += 8;
        q += 8;
        continue;
      } else if (kind !== NANOS) {
        // Whatever its length: a number of one byte is meant.
        const value = from[p];
        if (p >= end) throw UNUSUAL;
        p++;
        if (kind === BOOLEAN) {
          if (value > 1) throw UNUSUAL;
          whole[q++] = value;
          continue;
        }
        const symbol = value >>> 1;
        if ((value & 0x81) !== 0 || symbol >= symbols.count) throw UNUSUAL;
        toWords.setInt32(q, symbols.words[symbol * 4], true);
        toWords.setInt32(q + 4, symbols.words[symbol * 4 + 1], true);
        toWords.setInt32(q + 8, symbols.words[symbol * 4 + 2], true);
        toWords.setInt32(q + 12, symbols.words[symbol * 4 + 3], true);
        q += symbols.sizes[symbol];
        continue;
      }
      moved(p, q);
      rare(kind);
      p = at;
      q = to;
    }
  }
  moved(p, q);
}

/** A value of this kind that `copy` takes only in few bytes. */
function rare(kind: number): void {
  if (kind === TEXT) text();
  else if (kind === INT) write32(small());
  else {
    const upper = long();
    if (kind === LONG && (upper >= 0x1fffff || upper < -0xfffff)) throw UNUSUAL;
  }
}

/** An array of records: its length, then each by `write`. */
export function array(write: () => void): void {
  const count = items();
  if (count === 0) return;
  for (let i = 0; i < count; i++) write();
  lastBlock();
}

/** An array of records of fields. */
export function arrayOf(fields: Fields): void {
  const count = items();
  if (count === 0) return;
  copy(fields, count);
  lastBlock();
}
