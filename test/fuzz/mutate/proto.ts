/** Changes of a protobuf message at any depth: lengths of what encloses a change are made right again. */
import type { Chance } from '../random.ts';
import { bytesMutator } from './bytes.ts';
import type { Material, Mutator } from './mutator.ts';

interface Field {
  number: number;
  /** Wire type: 0, 1, 2 or 5. */
  type: number;
  /** Of the wire; of a length-delimited one without its length. */
  bytes: Uint8Array;
  /** Where the bytes are a message themselves (or could be). */
  fields: Field[] | undefined;
}

const MAX_DEPTH = 12;
const TEXTS = [
  '',
  'a',
  'canary\nof two lines',
  'gen_ai.prompt',
  'service.name',
  '\u0000',
  'x'.repeat(300),
  '\ud83d\ude00',
];

function readVarint(b: Uint8Array, at: number): readonly [number, number] | undefined {
  let value = 0;
  for (let i = 0; i < 10 && at + i < b.length; i++) {
    value += (b[at + i] & 0x7f) * 128 ** i;
    if (b[at + i] < 0x80) return [value, at + i + 1];
  }
  return undefined;
}

function parse(b: Uint8Array, depth: number): Field[] | undefined {
  const fields: Field[] = [];
  for (let p = 0; p < b.length; ) {
    const tag = readVarint(b, p);
    if (tag === undefined || tag[0] < 8 || tag[0] > 2 ** 31) return undefined;
    const [value, start] = tag;
    const type = value & 7;
    const size = type === 1 ? 8 : type === 5 ? 4 : undefined;
    let from = start;
    let end: number;
    if (size !== undefined) end = start + size;
    else {
      const read = type === 0 || type === 2 ? readVarint(b, start) : undefined;
      if (read === undefined) return undefined;
      if (type === 2) from = read[1];
      end = type === 2 ? read[1] + read[0] : read[1];
    }
    if (end > b.length) return undefined;
    const bytes = b.subarray(from, end);
    const fieldsIn =
      type === 2 && bytes.length > 1 && depth < MAX_DEPTH ? parse(bytes, depth + 1) : undefined;
    fields.push({ number: value >>> 3, type, bytes, fields: fieldsIn });
    p = end;
  }
  return fields;
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80);
  out.push(rest);
  return out;
}

function write(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const tag = Uint8Array.from(varint(field.number * 8 + field.type));
      const bytes = field.fields === undefined ? field.bytes : write(field.fields);
      return field.type === 2 ? [tag, Uint8Array.from(varint(bytes.length)), bytes] : [tag, bytes];
    }),
  );
}

/** Its bytes are never changed, only replaced. */
const copyOf = (field: Field): Field => ({ ...field, fields: field.fields?.map(copyOf) });

/** Every list of fields in the message. */
function lists(fields: Field[], into: Field[][] = []): Field[][] {
  into.push(fields);
  for (const field of fields) if (field.fields !== undefined) lists(field.fields, into);
  return into;
}

function value(chance: Chance, type: number): Uint8Array {
  if (type === 0)
    return Uint8Array.from(varint(chance.pick([0, 1, 2, 127, 128, 2 ** 31, 2 ** 53, chance.below(2 ** 32)])));
  if (type === 1)
    return chance.oneIn(3) ? new Uint8Array(8).fill(chance.pick([0, 0xff, 0x7f])) : chance.bytes(8);
  if (type === 5) return chance.oneIn(3) ? new Uint8Array(4).fill(chance.pick([0, 0xff])) : chance.bytes(4);
  if (chance.oneIn(3)) return chance.bytes(chance.pick([0, 1, 7, 8, 9, 15, 16, 17, 40]));
  return Buffer.from(chance.pick(TEXTS));
}

function fresh(chance: Chance, number: number): Field {
  const type = chance.pick([0, 1, 2, 2, 2, 5]);
  return { number, type, bytes: value(chance, type), fields: undefined };
}

function change(list: Field[], every: readonly Field[][], material: Material): void {
  const { chance } = material;
  const at = chance.below(list.length + 1);
  const field: Field | undefined = list[Math.min(at, list.length - 1)];
  const foreign = chance.pick(every);
  switch (chance.below(9)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      if (field !== undefined) list.splice(chance.below(list.length + 1), 0, field);
      break;
    case 2:
      list.splice(
        at,
        0,
        fresh(chance, chance.pick([1, 2, 3, 4, 5, 9, 11, 12, 15, 16, 31, 1000, 2 ** 28, field?.number ?? 1])),
      );
      break;
    case 3:
      if (field !== undefined) Object.assign(field, fresh(chance, field.number));
      break;
    case 4:
      if (field !== undefined) field.number = 1 + chance.below(20);
      break;
    case 5:
      // A copy: it may be a message around this one.
      if (foreign.length > 0) list.splice(at, 0, copyOf(chance.pick(foreign)));
      break;
    case 6:
      if (field?.type === 2) {
        const changed = bytesMutator(
          field.fields === undefined ? field.bytes : write(field.fields),
          material,
        );
        Object.assign(field, { bytes: changed, fields: undefined });
      } else if (field !== undefined) field.bytes = value(chance, field.type);
      break;
    case 7:
      // Many of the same: what is counted, what is merged, what is limited.
      if (field !== undefined) list.splice(at, 0, ...new Array<Field>(chance.few(40)).fill(field));
      break;
    default:
      // Into itself: nesting.
      if (field?.type === 2) {
        let bytes: Uint8Array = field.fields === undefined ? field.bytes : write(field.fields);
        for (let depth = chance.few(40); depth > 0; depth--)
          bytes = write([{ number: field.number, type: 2, bytes, fields: undefined }]);
        list.splice(at, 0, { number: field.number, type: 2, bytes, fields: undefined });
      }
  }
}

export const protoMutator: Mutator = (input, material) => {
  const fields = parse(input, 0);
  if (fields === undefined) return undefined;
  for (let left = 1 + material.chance.few(4); left > 0; left--) {
    const every = lists(fields);
    change(material.chance.pick(every), every, material);
  }
  const out = write(fields);
  return out.length > material.maxBytes ? undefined : new Uint8Array(out);
};
