/**
 * The names that spans carry, each decoded once for the process: traces repeat the same few. What a name says by itself
 * (its normal form, the role it suggests) is worked out once, too.
 */

import { attributeValue } from '#schemas/otlp/attributes.ts';
import { AnyValue } from '#schemas/otlp/fields.ts';
import { ABSENT, type KeySet, type Located } from '#schemas/otlp/key-set.ts';
import { roleOfAttributes, roleOfName } from '#schemas/semconv.ts';
import { BytesCache } from './bytes-cache.ts';
import { normalise, qualified } from './normalise.ts';
import { ROLE } from './roles.ts';

/** A role that a text does not state. */
export const NO_ROLE = -1;

const roleNumber = (role: ReturnType<typeof roleOfName>): number =>
  role === undefined ? NO_ROLE : ROLE[role];

/** How often names were forgotten. */
let forgotten = 0;
let names = 0;

export class Name {
  readonly text: string;
  /** No other name of the process has it. */
  readonly id = names++;
  /** Names of two generations may have one text; those of one have not. Infinity: never forgotten. */
  readonly generation: number;
  /** Its index in the strings of the trace that is being described, if `trace` is that one's number. */
  index = 0;
  trace = -1;
  /** Its number among the names that are being counted, if `count` is that count's (see NameCount). */
  number = 0;
  count = -1;
  #normal: Name | undefined;
  #suggested: number | undefined;
  #agent: Name | undefined | null;
  #qualified: Map<Name, Name> | undefined;
  readonly #stated: (number | undefined)[] = [];

  constructor(text: string, generation = forgotten) {
    this.text = text;
    this.generation = generation;
  }

  /** `normalise`d. */
  get normal(): Name {
    this.#normal ??= nameOf(normalise(this.text));
    return this.#normal;
  }

  /** As a span's name: the role it suggests. */
  get suggestedRole(): number {
    this.#suggested ??= roleNumber(roleOfName(this.text));
    return this.#suggested;
  }

  /** `invoke_agent NAME` is how GenAI spans are named: NAME. */
  get invokedAgent(): Name | undefined {
    if (this.#agent === undefined) {
      const agent = /^(?:invoke_agent|create_agent)\s+(.+)$/.exec(this.text)?.[1];
      this.#agent = agent === undefined ? null : nameOf(agent);
    }
    return this.#agent ?? undefined;
  }

  /** Lets go what it knows of other names. */
  forget(): void {
    this.#qualified = undefined;
  }

  /** As an operation: `qualified` by what it is about. */
  qualifiedBy(other: Name): Name {
    this.#qualified ??= new Map();
    let name = this.#qualified.get(other);
    if (name === undefined) {
      name = nameOf(qualified(this.text, other.text));
      this.#qualified.set(other, name);
    }
    return name;
  }

  /** As a value of a convention's attribute: the role it states. */
  statedRole(convention: number): number {
    this.#stated[convention] ??= roleNumber(
      roleOfAttributes(
        convention === CONVENTION.ati ? this.text : undefined,
        convention === CONVENTION.genAi ? this.text : undefined,
        convention === CONVENTION.openInference ? this.text : undefined,
      ),
    );
    return this.#stated[convention] as number;
  }
}

export const CONVENTION = { ati: 0, genAi: 1, openInference: 2 } as const;

interface Entry {
  readonly hash: number;
  readonly bytes: Uint8Array;
  readonly name: Name;
}

/** Names kept before all are forgotten, so that names which never come again take no memory for ever. */
const MOST_NAMES = 1 << 14;
/** Bytes: longer names are decoded each time. */
const LONGEST = 256;

let traces = 0;

/** The names of one trace as its strings, each once, by index; index 0 is the empty string. Of one trace at a time. */
export class NamesOfTrace {
  readonly strings: string[] = [];
  /** No other trace has it. */
  readonly trace = traces++;

  constructor() {
    boundNames();
    this.add(EMPTY);
  }

  add(name: Name): number {
    if (name.trace !== this.trace) {
      name.trace = this.trace;
      name.index = this.strings.push(name.text) - 1;
    }
    return name.index;
  }
}

let counts = 0;

/** Numbers names in order of first appearance; of one count at a time, within one trace. */
export class NameCount {
  readonly #count = counts++;
  #size = 0;

  add(name: Name): number {
    if (name.count !== this.#count) {
      name.count = this.#count;
      name.number = this.#size++;
    }
    return name.number;
  }
}

/** Bytes of the names that `often` finds: nearly all are shorter. */
const SHORT = 64;
/** The names that come most: to find one there takes half as long as in `slots`. */
const often = new BytesCache<Name>(1 << 10, SHORT);

/** The empty name, in every generation the same. */
export const EMPTY = new Name('', Infinity);
let byText = new Map<string, Name>([['', EMPTY]]);
/** An open-addressing hash table, at most half full. */
let slots: (Entry | undefined)[] = new Array(1 << 10).fill(undefined);
let used = 0;

/** The generation of names that are made now. */
export const generation = (): number => forgotten;

/** The name of the same text that is of this generation. */
export function newest(name: Name): Name {
  return name.generation >= forgotten ? name : nameOf(name.text);
}

/** Forgets what is too much. Not within a trace: its strings are told apart by their `Name`s. */
export function boundNames(): void {
  if (byText.size <= MOST_NAMES && used <= MOST_NAMES) return;
  byText = new Map();
  slots = new Array(1 << 10).fill(undefined);
  used = 0;
  often.clear();
  EMPTY.forget();
  byText.set('', EMPTY);
  forgotten++;
}

export function nameOf(text: string): Name {
  let name = byText.get(text);
  if (name === undefined) {
    name = new Name(text);
    byText.set(text, name);
  }
  return name;
}

/** The name that stands as UTF-8 in b[from, to). */
export function nameAt(b: Uint8Array, from: number, to: number): Name {
  if (to - from > SHORT) return seldomNameAt(b, from, to);
  let name = often.find(b, from, to);
  if (name === undefined) {
    name = seldomNameAt(b, from, to);
    often.keep(b, from, to, name);
  }
  return name;
}

function seldomNameAt(b: Uint8Array, from: number, to: number): Name {
  if (to - from > LONGEST) return nameOf(decode(b, from, to));
  const hash = hashOf(b, from, to);
  const mask = slots.length - 1;
  let slot = (hash ^ (hash >>> 15)) & mask;
  for (let entry = slots[slot]; entry !== undefined; entry = slots[slot]) {
    if (entry.hash === hash && isSame(entry.bytes, b, from, to)) return entry.name;
    slot = (slot + 1) & mask;
  }
  const name = nameOf(decode(b, from, to));
  slots[slot] = { hash, bytes: Uint8Array.from(b.subarray(from, to)), name };
  if (++used * 2 > slots.length) grow();
  return name;
}

/** The text of the AnyValue message b[from, to); undefined where it holds none, or an empty one. */
function nameOfValue(b: Uint8Array, from: number, to: number): Name | undefined {
  if (to - from > 2 && b[from] === AnyValue.string && b[from + 1] < 0x80 && from + 2 + b[from + 1] === to)
    return nameAt(b, from + 2, to);
  const value = attributeValue(b, from, to);
  return typeof value === 'string' && value !== '' ? nameOf(value) : undefined;
}

/** The text of a located attribute; undefined where that is missing, empty or no text. */
export function textOf(
  set: KeySet,
  b: Uint8Array,
  offset: number,
  length: number,
  located: Located,
  row: number,
  key: number,
): Name | undefined {
  const at = set.placeOf(located, row, key);
  if (at >= 0) return nameOfValue(b, located.at[at], located.at[at + 1]);
  if (at === ABSENT) return undefined;
  const value = set.read(b, offset, length, located, row, set.keys[key]);
  return typeof value === 'string' && value !== '' ? nameOf(value) : undefined;
}

function decode(b: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.utf8Slice.call(b, from, to);
}

/** Four bytes at a time, the last ones alone. */
function hashOf(b: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const word = b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < to; i++) hash = Math.imul(hash ^ b[i], 0x01000193);
  return hash;
}

function isSame(bytes: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== b[from + i]) return false;
  return true;
}

function grow(): void {
  const all = slots.filter((entry) => entry !== undefined);
  slots = new Array(slots.length * 2).fill(undefined);
  const mask = slots.length - 1;
  for (const entry of all) {
    let slot = (entry.hash ^ (entry.hash >>> 15)) & mask;
    while (slots[slot] !== undefined) slot = (slot + 1) & mask;
    slots[slot] = entry;
  }
}
