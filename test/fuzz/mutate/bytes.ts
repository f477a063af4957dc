/** Changes of bytes that know no format. */
import type { Material, Mutator } from './mutator.ts';

const EXTREME = [0, 1, 2, 0x0a, 0x0d, 0x20, 0x22, 0x27, 0x5c, 0x7b, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
const NUMBERS = [
  0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, 0x10000, 100_000,
];

type Change = (input: Uint8Array, material: Material) => Uint8Array;

function spliced(input: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  const out = new Uint8Array(from + middle.length + input.length - to);
  out.set(input.subarray(0, from));
  out.set(middle, from);
  out.set(input.subarray(to), from + middle.length);
  return out;
}

const overwrite =
  (value: (old: number, material: Material) => number): Change =>
  (input, material) => {
    const out = input.slice();
    if (out.length > 0) {
      const at = material.chance.below(out.length);
      out[at] = value(out[at], material);
    }
    return out;
  };

function part(input: Uint8Array, { chance }: Material): readonly [number, number] {
  const from = chance.below(input.length + 1);
  return [from, Math.min(input.length, from + 1 + chance.few(64))];
}

const CHANGES: readonly Change[] = [
  overwrite((old, { chance }) => old ^ (1 << chance.below(8))),
  overwrite((_old, { chance }) => chance.pick(EXTREME)),
  overwrite((_old, { chance }) => chance.below(256)),
  overwrite((old, { chance }) => (old + chance.below(33) - 16) & 0xff),
  // A number of 2, 4 or 8 bytes.
  (input, { chance }) => {
    const width = chance.pick([2, 4, 8]);
    if (input.length < width) return input.slice();
    const out = Buffer.from(input);
    const at = chance.below(out.length - width + 1);
    const value = chance.pick(NUMBERS);
    if (width === 2) out.writeUInt16BE(value & 0xffff, at);
    else if (width === 4) out.writeInt32BE(value | 0, at);
    else out.writeBigInt64BE(BigInt(value), at);
    if (chance.oneIn(2)) out.subarray(at, at + width).reverse();
    return new Uint8Array(out);
  },
  // Remove, repeat, put in.
  (input, material) => spliced(input, ...part(input, material), new Uint8Array()),
  (input, material) => {
    const [from, to] = part(input, material);
    const at = material.chance.below(input.length + 1);
    return spliced(input, at, at, input.subarray(from, to));
  },
  (input, { chance }) => {
    const at = chance.below(input.length + 1);
    return spliced(input, at, at, chance.bytes(1 + chance.few(16)));
  },
  (input, { chance }) => {
    const at = chance.below(input.length + 1);
    return spliced(input, at, at, new Uint8Array(1 + chance.few(300)).fill(chance.pick(EXTREME)));
  },
  (input, { chance }) => input.slice(0, chance.below(input.length + 1)),
  // A word of the format, in place of bytes or between them.
  (input, material) => {
    const { chance, dictionary } = material;
    if (dictionary.length === 0) return input.slice();
    const [from, to] = part(input, material);
    return spliced(input, from, chance.oneIn(2) ? from : to, chance.pick(dictionary));
  },
  // A piece of another input.
  (input, material) => {
    const other = material.other();
    const [from, to] = part(input, material);
    const [start] = part(other, material);
    return spliced(
      input,
      from,
      material.chance.oneIn(2) ? from : to,
      other.subarray(start, start + to - from),
    );
  },
  (input, material) => {
    const other = material.other();
    const at = material.chance.below(Math.min(input.length, other.length) + 1);
    return spliced(input, at, input.length, other.subarray(at));
  },
];

/** One change, seldom many. */
export const bytesMutator: Mutator = (input, material) => {
  let out = input;
  for (let left = 1 + material.chance.few(6); left > 0; left--)
    out = material.chance.pick(CHANGES)(out, material);
  return out.length > material.maxBytes ? out.slice(0, material.maxBytes) : out;
};
