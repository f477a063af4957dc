/** Key (of an event: tenant, incident, revision) → its bytes in hex, or what stands for them. */
export type Values = ReadonlyMap<string, string>;

const SHOWN = 3;
const SHOWN_CHARACTERS = 80;

/** What is there that should not be, is not there, or is another: in words, empty when both are the same. */
export function compare(what: string, found: Values, expected: Values): string[] {
  const lost = [...expected.keys()].filter((key) => !found.has(key));
  const invented = [...found.keys()].filter((key) => !expected.has(key));
  const changed = [...found.keys()].filter(
    (key) => expected.has(key) && expected.get(key) !== found.get(key),
  );
  return [
    ...some(`${what}: lost`, lost),
    ...some(`${what}: invented`, invented),
    ...some(`${what}: changed`, changed),
  ];
}

function some(what: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const shown = keys
    .slice(0, SHOWN)
    .map((key) => (key.length > SHOWN_CHARACTERS ? `${key.slice(0, SHOWN_CHARACTERS)}…` : key));
  return [`${what} ${keys.length}: ${shown.join(', ')}${keys.length > SHOWN ? ', …' : ''}`];
}
