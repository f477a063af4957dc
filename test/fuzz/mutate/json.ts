/** Changes of a JSON text that leave it JSON: values replaced, members removed, repeated, moved, nested. */
import type { Material, Mutator } from './mutator.ts';

type Json = unknown;
type Holder = unknown[] | Record<string, unknown>;

const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  0.5,
  2 ** 53,
  '',
  '0',
  '-1',
  '18446744073709551615',
  '1e3',
  'NaN',
  'ab'.repeat(16),
  '00'.repeat(16),
  'two\nlines',
  '\ud800',
  'x'.repeat(300),
  [],
  {},
  [[]],
  [null],
  { '': null },
  { __proto__: null },
];

function holders(json: Json, into: Holder[] = []): Holder[] {
  if (typeof json !== 'object' || json === null) return into;
  into.push(json as Holder);
  for (const each of Object.values(json)) holders(each, into);
  return into;
}

function set(holder: Holder, key: string, value: Json): void {
  // Not by assignment: a key may be __proto__.
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

function change(all: readonly Holder[], { chance, dictionary }: Material): void {
  const holder = chance.pick(all);
  const keys = Object.keys(holder);
  const key = keys.length === 0 ? undefined : chance.pick(keys);
  const word = () => (dictionary.length === 0 ? 'x' : Buffer.from(chance.pick(dictionary)).toString());
  const fresh = (): Json => (chance.oneIn(4) ? word() : structuredClone(chance.pick(VALUES)));
  if (key === undefined || chance.oneIn(5)) {
    if (Array.isArray(holder)) holder.push(fresh());
    else set(holder, word(), fresh());
    return;
  }
  const value = (holder as Record<string, Json>)[key];
  switch (chance.below(6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1:
      set(holder, key, fresh());
      break;
    case 2:
      if (Array.isArray(holder)) for (let n = chance.few(20); n > 0; n--) holder.push(structuredClone(value));
      else set(holder, word(), structuredClone(value));
      break;
    case 3:
      set(holder, key, structuredClone(chance.pick(all)));
      break;
    case 4: {
      let nested = value;
      for (let depth = chance.few(30); depth > 0; depth--)
        nested = chance.oneIn(2) ? [nested] : { [key]: nested };
      set(holder, key, nested);
      break;
    }
    default:
      if (typeof value === 'string') set(holder, key, value + word());
      else if (typeof value === 'number')
        set(holder, key, chance.pick([-value, value + 1, value * 1e9, String(value)]));
      else set(holder, key, fresh());
  }
}

export const jsonMutator: Mutator = (input, material) => {
  let json: Json;
  try {
    json = JSON.parse(Buffer.from(input).toString());
  } catch {
    return undefined; // not JSON (any more): for the changes of bytes
  }
  for (let left = 1 + material.chance.few(4); left > 0; left--) {
    const all = holders(json);
    if (all.length === 0 || all.length > 5_000) return undefined;
    change(all, material);
  }
  const out = Buffer.from(JSON.stringify(json));
  return out.length > material.maxBytes ? undefined : new Uint8Array(out);
};
