/** What bounds the size of an answer. */
import type { Owner } from './sample.ts';

/** Of a name in the answer, and in a sentence. */
const MOST = 200;
const MOST_IN_TEXT = 80;

/** At most `most` UTF-16 units: the middle is left out, since what tells names apart is often at their end. */
export function shortName(name: string, most = MOST): string {
  if (name.length <= most) return name;
  const half = (most - 1) >> 1;
  const start = name.slice(0, half).replace(/[\ud800-\udbff]$/, '');
  return `${start}…${name.slice(-half).replace(/^[\udc00-\udfff]/, '')}`;
}

export const inText = (name: string): string => shortName(name, MOST_IN_TEXT);

export const shortOwner = (of: Owner): Owner => ({
  type: of.type,
  role: of.role,
  service: shortName(of.service),
  agent: shortName(of.agent),
  operation: shortName(of.operation),
  callerService: shortName(of.callerService),
  callerOperation: shortName(of.callerOperation),
});

/** The first `most` of `items` in that order, which is total. Linear but for what has to be sorted. */
export function firstOf<T>(items: Iterable<T>, most: number, order: (a: T, b: T) => number): T[] {
  let kept: T[] = [];
  let full = false;
  for (const item of items) {
    if (full && order(item, kept[most - 1]) >= 0) continue;
    kept.push(item);
    if (kept.length < 2 * most + 2) continue;
    kept = kept.sort(order).slice(0, most);
    full = most > 0;
  }
  return kept.sort(order).slice(0, most);
}
