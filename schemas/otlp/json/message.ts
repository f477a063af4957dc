/** A protobuf message in its JSON mapping: which field a name is, and how its value is written. */
import { sameBytes } from '../words.ts';

/** How a value is written: as protobuf's types, ids in hex, repeated numbers packed. */
export const Kind = {
  text: 0,
  hex: 1,
  base64: 2,
  bool: 3,
  enumeration: 4,
  uint32: 5,
  fixed32: 6,
  sint32: 7,
  int64: 8,
  fixed64: 9,
  sfixed64: 10,
  double: 11,
  message: 12,
  /** A message that counts as a level of nesting. */
  nested: 13,
  messages: 14,
  uint64s: 15,
  fixed64s: 16,
  doubles: 17,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface FieldOptions {
  /** Written where it is zero or empty, too: a member of a `oneof`, or `optional`. */
  readonly present?: boolean;
  /** What its messages are. */
  readonly message?: JsonMessage;
  /** Of an enumeration, by number. */
  readonly names?: readonly string[];
}

export class JsonField {
  readonly kind: Kind;
  readonly tag: number;
  readonly present: boolean;
  readonly message: JsonMessage;
  readonly names: readonly string[];
  readonly nameBytes: number;
  /** Its own among those of its message. */
  readonly bit: number;
  readonly #name: DataView;
  /** The field that came after this one when it was last met. */
  next: JsonField | undefined = undefined;
  /** Bytes that the length of its message took when it was last met. */
  lengthBytes = 1;

  constructor(name: string, kind: Kind, tag: number, bit: number, options: FieldOptions) {
    const { present = false, message = NO_MESSAGE, names = [] } = options;
    this.kind = kind;
    this.tag = tag;
    this.bit = bit;
    this.present = present;
    this.message = message;
    this.names = names;
    const { buffer, byteOffset, byteLength } = Buffer.from(name);
    this.#name = new DataView(buffer, byteOffset, byteLength);
    this.nameBytes = byteLength;
  }

  /** Is its name at `from`? As many bytes must be there. */
  isNamed(words: DataView, from: number): boolean {
    return sameBytes(words, from, this.#name, 0, this.nameBytes);
  }
}

/** Each has a bit. */
const MAX_FIELDS = 32;

type Definition = readonly [kind: Kind, tag: number, options?: FieldOptions];

export class JsonMessage {
  readonly #byLength: JsonField[][] = [];
  /** The field that came first when the message was last met. */
  first: JsonField | undefined = undefined;

  constructor(fields: Readonly<Record<string, Definition>> = {}) {
    this.define(fields);
  }

  /** For messages that hold themselves. */
  define(fields: Readonly<Record<string, Definition>>): void {
    const definitions = Object.entries(fields);
    if (definitions.length > MAX_FIELDS) throw new Error(`more than ${MAX_FIELDS} fields`);
    for (const [i, [name, [kind, tag, options = {}]]] of definitions.entries()) {
      const field = new JsonField(name, kind, tag, 1 << i, options);
      while (this.#byLength.length <= field.nameBytes) this.#byLength.push([]);
      this.#byLength[field.nameBytes].push(field);
    }
  }

  /** The field whose name is [from, to). */
  find(words: DataView, from: number, to: number): JsonField | undefined {
    const bytes = to - from;
    if (bytes >= this.#byLength.length) return undefined;
    for (const field of this.#byLength[bytes]) if (field.isNamed(words, from)) return field;
    return undefined;
  }
}

const NO_MESSAGE = new JsonMessage();
