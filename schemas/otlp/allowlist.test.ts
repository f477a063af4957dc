import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAllowlist } from './allowlist.ts';
import { ALLOWED_ATTRIBUTES, ARGUMENT_KEYS, CONTENT_KEYS, TOOL_MARKS } from './allowlist-table.ts';

const rule = (key: string, allowlist = createAllowlist()) => {
  const bytes = Buffer.from(`<${key}>`);
  return allowlist.rule(bytes, 1, bytes.length - 1);
};

test('every row has its own key and a sentence; no listed key is content or an argument', () => {
  const keys = ALLOWED_ATTRIBUTES.map((row) => row.key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(ALLOWED_ATTRIBUTES.filter((row) => row.about.length < 3)).toEqual([]);
  for (const key of keys)
    expect({ key, action: rule(key.replace('*', 'x')).action }).toEqual({ key, action: 'keep' });
  for (const key of CONTENT_KEYS) expect(rule(key.replace('*', 'x')).action).toBe('content');
  for (const key of ARGUMENT_KEYS) expect(rule(key).action).toBe('arguments');
  for (const key of Object.keys(TOOL_MARKS)) expect(keys).toContain(key);
});

test('what a key was asked before makes no difference, nor how many others were', () => {
  const known = [...ALLOWED_ATTRIBUTES.map((row) => row.key), ...CONTENT_KEYS];
  const key = fc.oneof(
    fc.constantFrom(...known),
    fc.string({ unit: 'binary', maxLength: 12 }),
    // Neighbours in the table: the same bytes where the hash looks.
    fc.tuple(fc.constantFrom(...known), fc.nat(), fc.nat({ max: 255 })).map(([name, at, byte]) => {
      const i = at % name.length;
      return name.slice(0, i) + String.fromCharCode(byte & 0x7f) + name.slice(i + 1);
    }),
  );
  const worn = createAllowlist();
  fc.assert(
    fc.property(fc.array(key, { minLength: 50, maxLength: 100 }), (keys) => {
      for (const name of keys) expect(rule(name, worn).action).toBe(rule(name, fresh).action);
    }),
    { numRuns: 80 },
  );
});
const fresh = {
  rule: (b: Uint8Array, from: number, to: number) => createAllowlist().rule(b, from, to),
};
