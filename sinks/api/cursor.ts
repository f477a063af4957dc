/** Opaque page cursors: the sort key of the last row that was given. */
import { badRequest } from './errors.ts';

/** A 64-bit time (in the unit of the list's sort key) and an id. */
export interface Position {
  readonly time: string;
  readonly id: string;
}

export function encodeCursor({ time, id }: Position): string {
  return Buffer.from(`${time} ${id}`).toString('base64url');
}

/** Throws a 400 for anything that `encodeCursor` has not made. */
export function decodeCursor(cursor: string): Position {
  const match = /^(-?\d{1,19}) ([0-9a-f]{32})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match === null || !inRange(match[1]) || encodeCursor({ time: match[1], id: match[2] }) !== cursor) {
    throw badRequest('cursor: is not one that this list has given');
  }
  return { time: match[1], id: match[2] };
}

function inRange(time: string): boolean {
  return BigInt.asIntN(64, BigInt(time)) === BigInt(time);
}

/** One page of rows that were asked for with one more than `limit`. */
export function pageOf<Row>(rows: readonly Row[], limit: number, positionOf: (row: Row) => Position) {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null;
  return { page, next };
}
