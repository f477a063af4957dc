const UUID = /(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])/gi;
const HEX = /(?<![0-9a-z])[0-9a-f]{8,}(?![0-9a-z])/gi;
const DIGITS = /\d+/g;

/**
 * A name without its variable parts: UUIDs, hex of 8 digits or more and runs of digits become `*`, so that
 * `GET /orders/17` and `GET /orders/18`, or `agent-3` and `agent-4`, are one operation.
 */
export function normalise(name: string): string {
  return name.replace(UUID, '*').replace(HEX, '*').replace(DIGITS, '*');
}

/** An operation with the name of the tool or agent it is about: `tool_call search`; `execute_tool search` stays. */
export function qualified(operation: string, name: string): string {
  return operation === name || operation.endsWith(` ${name}`) ? operation : `${operation} ${name}`;
}
