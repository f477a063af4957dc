/** Decides about an attribute by the bytes of its key, without building a string for a key that was seen before. */
import {
  ALLOWED_ATTRIBUTES,
  type AllowedType,
  ARGUMENT_KEYS,
  CONTENT_KEYS,
  TOOL_MARKS,
} from './allowlist-table.ts';
import { text } from './wire.ts';

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

  // Decisions by the bytes of the key. The hash samples five bytes, so probing is bounded: whoever sends keys that
  // collide only makes his own lookups slow.
  const keys: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  const rules: Rule[] = new Array(SLOTS).fill(UNLISTED);
  return {
    rule(b, from, to) {
      const length = to - from;
      if (length === 0 || length > MAX_KEY_BYTES) return UNLISTED;
      let slot = length;
      slot = Math.imul(slot, 31) + b[from];
      slot = Math.imul(slot, 31) + b[to - 1];
      slot = Math.imul(slot, 31) + b[from + (length >> 1)];
      slot = Math.imul(slot, 31) + b[from + (length >> 2)];
      slot = (Math.imul(slot, 31) + b[to - 1 - (length >> 2)]) & (SLOTS - 1);
      let free = -1;
      for (let probe = 0; probe < PROBES; probe++) {
        const at = (slot + probe) & (SLOTS - 1);
        const known = keys[at];
        if (known === undefined) {
          free = at;
          break;
        }
        if (known.length === length) {
          let i = 0;
          while (i < length && known[i] === b[from + i]) i++;
          if (i === length) return rules[at];
        }
      }
      const rule = decide(text(b, from, to));
      // Only keys with a rule are remembered for sure; unlisted ones while there is room, so that hostile keys
      // cannot push out the listed ones.
      const at = free >= 0 ? free : rule === UNLISTED ? -1 : slot;
      if (at >= 0) {
        keys[at] = Uint8Array.prototype.slice.call(b, from, to);
        rules[at] = rule;
      }
      return rule;
    },
  };
}
