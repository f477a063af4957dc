import type { Signal } from '#schemas/events.ts';
import { sameBytes } from '#schemas/otlp/words.ts';
import { readNames } from '#schemas/read-signal.ts';
import type { SignalLayout } from '#schemas/signal-layout.ts';
import { hashOf, memoryOf } from './hash.ts';

/** An agent operation of a tenant (or a service instance of one): what windows are kept for. */
export interface GroupId {
  readonly tenant: string;
  readonly scope: Signal['scope'];
  readonly agent: string;
  readonly operation: string;
}

/** Signals with the same key share windows; they are all on one partition of ati.signals. */
export function groupKey({ tenant, scope, agent, operation }: GroupId): string {
  return `${tenant}\0${scope}\0${agent}\0${operation}`;
}

export interface GroupName {
  readonly id: GroupId;
  readonly key: string;
}

export const NO_NAME: GroupName = {
  id: { tenant: '', scope: 'operation', agent: '', operation: '' },
  key: '',
};

/** A name with the bytes it was read from. */
interface Known {
  readonly name: GroupName;
  readonly words: DataView;
}

const MOST = 10_000;

/** The names of signals' groups, read once for all signals that bear them. */
export class GroupNames {
  readonly #known = new Map<number, Known>();

  of({ bytes, namesAt, namesEnd }: SignalLayout): GroupName {
    const words = memoryOf(bytes);
    const from = bytes.byteOffset + namesAt;
    const size = namesEnd - namesAt;
    const hash = hashOf(words, from, from + size);
    const known = this.#known.get(hash);
    if (known?.words.byteLength === size && sameBytes(known.words, 0, words, from, size)) return known.name;
    if (this.#known.size >= MOST) this.#known.clear();
    const { tenant, scope, agent, operation } = readNames(bytes, namesAt);
    const id = { tenant, scope, agent, operation };
    const name = { id, key: groupKey(id) };
    // A `slice` of a Buffer would be a view.
    this.#known.set(hash, { name, words: new DataView(words.buffer.slice(from, from + size)) });
    return name;
  }
}
