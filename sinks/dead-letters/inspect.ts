/** Letters as text: a line each, and how many there are of which. */
import { number, plural, size } from '#infra/format.ts';
import { printable } from '../incidents/line.ts';
import { timeText } from '../replay/time.ts';
import { type Letter, sourceOf } from './letters.ts';

/** Columns: all but the last are padded. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]) : cell)).join('  '),
  );
}

const placeOf = ({ partition, offset }: Letter) =>
  partition === 0 ? String(offset) : `${partition}-${offset}`;
const sourceText = ({ source }: Letter) => `${source.topic} ${source.partition}-${source.offset}`;

function status(letter: Letter, replayed: ReadonlySet<string>): string {
  if (replayed.has(sourceOf(letter))) return 'put back';
  return letter.replays > 0 ? `failed again (${letter.replays})` : '';
}

/** A header and a line for each letter. */
export function letterLines(letters: readonly Letter[], replayed: ReadonlySet<string>): string[] {
  const rows = letters.map((letter) => [
    placeOf(letter),
    timeText(letter.at),
    sourceText(letter),
    letter.step,
    letter.bytes === undefined ? 'no bytes' : size(letter.bytes),
    status(letter, replayed),
    letter.details.traceId ?? '',
    letter.reason,
  ]);
  const head = ['letter', 'time (UTC)', 'record', 'step', 'size', '', 'trace', 'reason'];
  return aligned([head, ...rows].map((row) => row.map(printable)));
}

interface Group {
  count: number;
  back: number;
  first: number;
  last: number;
}

/** Counts by topic, step and reason. */
export class Summary {
  readonly #groups = new Map<string, Group & { readonly key: readonly string[] }>();
  #count = 0;

  add(letter: Letter, replayed: ReadonlySet<string>): void {
    const key = [letter.source.topic, letter.step, letter.reason];
    const id = JSON.stringify(key);
    const group = this.#groups.get(id) ?? { key, count: 0, back: 0, first: letter.at, last: letter.at };
    group.count++;
    if (replayed.has(sourceOf(letter))) group.back++;
    group.first = Math.min(group.first, letter.at);
    group.last = Math.max(group.last, letter.at);
    this.#groups.set(id, group);
    this.#count++;
  }

  /** Most first. */
  lines(limit = 20): string[] {
    const groups = [...this.#groups.values()].sort((a, b) => b.count - a.count || b.last - a.last);
    const rows = groups
      .slice(0, limit)
      .map(({ key: [topic, step, reason], count, back, first, last }) => [
        number(count),
        back === 0 ? '' : number(back),
        topic,
        step,
        timeText(first),
        timeText(last),
        reason,
      ]);
    const head = ['letters', 'put back', 'topic', 'step', 'first (UTC)', 'last', 'reason'];
    const more = groups.length > limit ? [`… and ${plural(groups.length - limit, 'other reason')}`] : [];
    return [...aligned([head, ...rows].map((row) => row.map(printable))), ...more];
  }

  get count(): number {
    return this.#count;
  }
}

export function jsonLine(letter: Letter, replayed: ReadonlySet<string>): string {
  const { partition, offset, at, source, step, reason, group, bytes, replays, details } = letter;
  return JSON.stringify({
    ...{ partition, offset, at, source, step, reason, group, bytes: bytes ?? null, replays },
    replayed: replayed.has(sourceOf(letter)),
    details,
  });
}
