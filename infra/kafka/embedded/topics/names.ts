/** Why Kafka refuses a topic's name; undefined when it does not. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed';
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`;
  if (name.length > 249) return 'Topic name is invalid: it is longer than 249 characters';
  if (!/^[\w.-]+$/.test(name))
    return `Topic name is invalid: '${name}' has characters other than A-Za-z0-9._-`;
  return undefined;
}

/** Names that differ only in '.' and '_' are the same in Kafka's metrics, so they may not stand side by side. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}
