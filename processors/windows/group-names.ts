import type { Signal } from '#schemas/events.ts';
import { readNames, type SignalLayout } from '#schemas/read-signal.ts';
import { hashOf, sameBytes } from './hash.ts';

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
  readonly bytes: Uint8Array;
}

const MOST = 10_000;

/** The names of signals' groups, read once for all signals that bear them. */
export class GroupNames {
  readonly #known = new Map<number, GroupName>();

  of({ bytes, namesAt, namesEnd }: SignalLayout): GroupName {
    const hash = hashOf(bytes, namesAt, namesEnd);
    const known = this.#known.get(hash);
    if (
      known !== undefined &&
      known.bytes.length === namesEnd - namesAt &&
      sameBytes(known.bytes, 0, bytes, namesAt, namesEnd)
    )
      return known;
    if (this.#known.size >= MOST) this.#known.clear();
    const { tenant, scope, agent, operation } = readNames(bytes, namesAt);
    const id = { tenant, scope, agent, operation };
    const name = { id, key: groupKey(id), bytes: bytes.slice(namesAt, namesEnd) };
    this.#known.set(hash, name);
    return name;
  }
}
