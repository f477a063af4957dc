/** Decides about an attribute by the bytes of its key, without building a string for a key that was seen before. */
import {
  ALLOWED_ATTRIBUTES,
  type AllowedType,
  ARGUMENT_KEYS,
  CONTENT_KEYS,
  TOOL_MARKS,
} from './allowlist-table.ts';
import { text } from './wire.ts';
import { sameBytes, wordsOf } from './words.ts';

/** Bits of `Rule.types`. */
export const STRING = 1;
export const NUMBER = 2;
export const BOOLEAN = 4;
export const NUMBERS = 8;
export const STRINGS = 16;

export interface Rule {
  readonly action: 'keep' | 'unlisted' | 'content' | 'arguments';
  /** Which types pass, where the action is `keep`. */
  readonly types: number;
  /** Longest string, bytes. */
  readonly maxBytes: number;
  /** Strings may have line breaks. */
  readonly lines: boolean;
  /** Among argument keys the least counts. */
  readonly rank: number;
  /** A string of these bytes makes the span a tool span. */
  readonly toolMark?: Uint8Array;
  /** Only a hash passes: 16 to 64 lower-case hex digits. */
  readonly hash: boolean;
}

export interface Allowlist {
  /** The rule of the key b[from, to). */
  rule(b: Uint8Array, from: number, to: number): Rule;
}

const MAX_STRING_BYTES = 256;
/** Longer keys are unlisted; ATI_ALLOW_ATTRIBUTES cannot name one. */
const MAX_KEY_BYTES = 255;
const TYPES: Readonly<Record<AllowedType, number>> = {
  string: STRING,
  number: NUMBER,
  boolean: BOOLEAN,
  'number[]': NUMBERS,
  'string[]': STRINGS,
};
const ANY_TYPE = STRING | NUMBER | BOOLEAN | NUMBERS | STRINGS;

const base: Rule = {
  action: 'unlisted',
  types: 0,
  maxBytes: MAX_STRING_BYTES,
  lines: false,
  rank: 0,
  hash: false,
};
const UNLISTED = base;
const CONTENT: Rule = { ...base, action: 'content' };

/** Rules by exact key and by prefix (with its dot); a longer prefix goes before a shorter one. */
class Rules {
  readonly exact = new Map<string, Rule>();
  prefixes: { prefix: string; rule: Rule }[] = [];

  /** Replaces a rule of the same key. */
  add(key: string, rule: Rule): void {
    if (!key.endsWith('.*')) {
      this.exact.set(key, rule);
      return;
    }
    const prefix = key.slice(0, -1);
    this.prefixes = [...this.prefixes.filter((entry) => entry.prefix !== prefix), { prefix, rule }];
    this.prefixes.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  find(key: string): Rule | undefined {
    return this.exact.get(key) ?? this.prefixes.find(({ prefix }) => key.startsWith(prefix))?.rule;
  }
}

function builtIn(): { allowed: Rules; content: Rules } {
  const allowed = new Rules();
  const content = new Rules();
  for (const { key, type } of ALLOWED_ATTRIBUTES) {
    const mark = TOOL_MARKS[key];
    const toolMark = mark === undefined ? undefined : Buffer.from(mark);
    allowed.add(key, {
      ...base,
      action: 'keep',
      types: TYPES[type],
      hash: key === 'ati.args_hash',
      ...(toolMark && { toolMark }),
    });
  }
  for (const key of CONTENT_KEYS) content.add(key, CONTENT);
  ARGUMENT_KEYS.forEach((key, rank) => {
    content.add(key, { ...base, action: 'arguments', rank });
  });
  return { allowed, content };
}

const SLOTS = 2048;
const PROBES = 8;

/**
 * The built-in list and what the user allows beside it (`ATI_ALLOW_ATTRIBUTES`): an exact key passes with any scalar or
 * array of scalars, strings of any length and lines, even where the built-in list calls it content; `prefix.*` passes
 * with the built-in bounds and never what is content.
 */
export function createAllowlist(extra: readonly string[] = []): Allowlist {
  const { allowed, content } = builtIn();
  const asked = new Map<string, Rule>();
  const unbounded: Rule = {
    ...base,
    action: 'keep',
    types: ANY_TYPE,
    maxBytes: Number.POSITIVE_INFINITY,
    lines: true,
  };
  for (const key of extra) {
    if (!key.endsWith('.*')) {
      const { toolMark } = allowed.exact.get(key) ?? base;
      asked.set(key, toolMark === undefined ? unbounded : { ...unbounded, toolMark });
    } else {
      allowed.add(key, { ...base, action: 'keep', types: ANY_TYPE });
    }
  }
  const decide = (key: string): Rule => asked.get(key) ?? content.find(key) ?? allowed.find(key) ?? UNLISTED;

  const known = new KeyTable(UNLISTED);
  return {
    rule(b, from, to) {
      const length = to - from;
      if (length === 0 || length > MAX_KEY_BYTES) return UNLISTED;
      const hash = hashOf(b, from, to);
      const rule = known.find(hash, b, from, length);
      if (rule !== undefined) return rule;
      const decided = decide(text(b, from, to));
      known.add(hash, b, from, length, decided);
      return decided;
    },
  };
}

/** Of the length and of some bytes: the last four, in which keys of one convention mostly differ, and three others. */
function hashOf(b: Uint8Array, from: number, to: number): number {
  const length = to - from;
  let hash = length;
  if (length < 4) {
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ b[i], 0x01000193);
    return hash ^ (hash >>> 15);
  }
  hash = Math.imul(hash ^ b[from] ^ (b[to - 1] << 8) ^ (b[to - 2] << 16) ^ (b[to - 3] << 24), 0x01000193);
  hash = Math.imul(
    hash ^ (hash >>> 15) ^ b[to - 4] ^ (b[from + (length >> 1)] << 8) ^ (b[from + (length >> 2)] << 16),
    0x01000193,
  );
  return hash ^ (hash >>> 15);
}

/**
 * Decisions by the bytes of the key: open addressing over flat arrays. Probing is bounded: whoever sends keys that
 * collide only makes his own lookups slow.
 */
class KeyTable {
  readonly #rules: Rule[];
  readonly #hashes = new Int32Array(SLOTS);
  /** 0: free. */
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #keys = new Uint8Array(SLOTS * (MAX_KEY_BYTES + 1));
  readonly #words = new DataView(this.#keys.buffer);
  readonly #unlisted: Rule;

  constructor(unlisted: Rule) {
    this.#unlisted = unlisted;
    this.#rules = new Array(SLOTS).fill(unlisted);
  }

  find(hash: number, b: Uint8Array, from: number, length: number): Rule | undefined {
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = (hash + probe) & (SLOTS - 1);
      const taken = this.#lengths[slot];
      if (taken === 0) return undefined;
      if (taken === length && this.#hashes[slot] === hash && this.#isKey(slot, b, from, length))
        return this.#rules[slot];
    }
    return undefined;
  }

  /**
   * Only keys with a rule are remembered for sure; unlisted ones while there is room, so that hostile keys cannot push
   * out the listed ones.
   */
  add(hash: number, b: Uint8Array, from: number, length: number, rule: Rule): void {
    let slot = -1;
    for (let probe = 0; probe < PROBES && slot < 0; probe++) {
      const at = (hash + probe) & (SLOTS - 1);
      if (this.#lengths[at] === 0) slot = at;
    }
    if (slot < 0 && rule !== this.#unlisted) slot = hash & (SLOTS - 1);
    if (slot < 0) return;
    this.#lengths[slot] = length;
    this.#hashes[slot] = hash;
    this.#rules[slot] = rule;
    this.#keys.set(b.subarray(from, from + length), slot * (MAX_KEY_BYTES + 1));
  }

  #isKey(slot: number, b: Uint8Array, from: number, length: number): boolean {
    return sameBytes(this.#words, slot * (MAX_KEY_BYTES + 1), wordsOf(b), from, length);
  }
}
