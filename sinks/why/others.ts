/** Root operations as commands to copy: which names tell one from the others. */
import { plural } from '#infra/format.ts';
import { clean, columns, cut, left } from '../explain/text.ts';
import type { Attribution } from './api.ts';

export type Root = NonNullable<Attribution['root']>;
export type CountedRoot = Attribution['others'][number];
/** Names that an option gave. */
export type Names = Partial<Root>;

const KEYS = ['operation', 'agent', 'service'] as const;
type Key = (typeof KEYS)[number];

/** As few as can tell it apart, the most telling first. */
const SETS: readonly (readonly Key[])[] = [
  ['operation'],
  ['agent'],
  ['service'],
  ['operation', 'agent'],
  ['operation', 'service'],
  ['agent', 'service'],
  KEYS,
];

/** Columns of a command; names may have 1,000. */
const LONGEST = 200;
/** Columns of an operation that the command does not name. */
const OPERATION = 40;

/** Which of its names say this root among the others; all where nothing less does. No option can say an empty name. */
export function tellingNames(root: Root, among: readonly Root[], given: Names): Names {
  const same = (other: Root, keys: readonly Key[]) => keys.every((key) => other[key] === root[key]);
  const others = among.filter((other) => !same(other, KEYS));
  const usable = (keys: readonly Key[]) => keys.every((key) => root[key] !== '');
  const telling = SETS.find((keys) => usable(keys) && !others.some((other) => same(other, keys))) ?? KEYS;
  const keys = KEYS.filter((key) => root[key] !== '' && (telling.includes(key) || given[key] !== undefined));
  return Object.fromEntries(keys.map((key) => [key, root[key]]));
}

/** For a POSIX shell, quoted only where it must be. */
export const quoted = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** `--agent planner --operation 'plan trip'`; an option would take a name that starts with a dash for an option. */
export const nameOptions = (names: Names): string =>
  KEYS.flatMap((key) => {
    const name = names[key];
    if (name === undefined) return [];
    return [name.startsWith('-') ? `--${key}=${quoted(name)}` : `--${key} ${quoted(name)}`];
  }).join(' ');

/** `npm run why -- --agent planner --from 1d`; `words`: other options. */
export const command = (names: Names, words: readonly string[]): string =>
  ['npm run why --', nameOptions(names), ...words].filter((part) => part !== '').join(' ');

/** A line for each, most time first, at most `most`; what `given` names and options say stays in the commands. */
export function rootLines(
  roots: readonly CountedRoot[],
  among: readonly Root[],
  { given, words, most }: { readonly given: Names; readonly words: readonly string[]; readonly most: number },
): string[] {
  const shown = roots.slice(0, most).map((root) => {
    const names = tellingNames(root, among, given);
    const operation = names.operation === undefined ? `${cut(root.operation, OPERATION)}, ` : '';
    return {
      command: cut(clean(command(names, words)), LONGEST),
      about: clean(`${operation}${plural(root.traces, 'trace')}`),
    };
  });
  const widest = Math.max(0, ...shown.map((each) => columns(each.command)));
  const lines = shown.map((each) => `  ${left(each.command, widest)}  # ${each.about}`);
  return roots.length > shown.length ? [...lines, `  … ${roots.length - shown.length} more`] : lines;
}
