import type { FindingKind, Signal } from '#schemas/events.ts';
import { firstEnd, firstHop, hopOf, isClosed, lastEnd, lastHop } from './hopping.ts';
import type { WindowSettings } from './settings.ts';

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

/** True where the trace still has anything of this agent operation (else: an empty signal that took it back). */
export function isTraffic(signal: Signal): boolean {
  return signal.calls > 0 || signal.facts.length > 0 || signal.findings.length > 0;
}

/**
 * The signals of one group, one for each trace (the greatest revision), in slices of a hop by event time: a window is the
 * union of its slices. A pure function of the signals put in; nothing here knows what came when.
 */
export class Group {
  readonly id: GroupId;
  readonly key: string;
  /** Ends of closed windows whose content has changed since. */
  readonly dirty = new Set<number>();
  readonly #settings: WindowSettings;
  readonly #toldBy: (signal: Signal) => ReadonlySet<FindingKind>;
  readonly #traces = new Map<string, Signal>();
  readonly #slices = new Map<number, Map<string, Signal>>();
  /** By hop, of what its signals may be part: by how many of them. */
  readonly #told = new Map<number, Map<FindingKind, number>>();

  /** `toldBy`: what a signal may be part of (evaluate.ts). */
  constructor(id: GroupId, settings: WindowSettings, toldBy: (signal: Signal) => ReadonlySet<FindingKind>) {
    this.id = id;
    this.key = groupKey(id);
    this.#settings = settings;
    this.#toldBy = toldBy;
  }

  get empty(): boolean {
    return this.#traces.size === 0 && this.dirty.size === 0;
  }

  latest(traceId: string): Signal | undefined {
    return this.#traces.get(traceId);
  }

  put(signal: Signal): void {
    const former = this.#traces.get(signal.traceId);
    if (former !== undefined) this.#remove(former);
    this.#traces.set(signal.traceId, signal);
    const hop = hopOf(this.#settings, signal.eventTime);
    const slice = this.#slices.get(hop);
    if (slice === undefined) this.#slices.set(hop, new Map([[signal.traceId, signal]]));
    else slice.set(signal.traceId, signal);
    this.#count(hop, signal, 1);
  }

  /** What the signals of the window that ends at `end` may be part of. */
  told(end: number): ReadonlySet<FindingKind> {
    const told = new Set<FindingKind>();
    const last = lastHop(this.#settings, end);
    for (let hop = firstHop(this.#settings, end); hop <= last; hop++)
      for (const [kind, signals] of this.#told.get(hop) ?? []) if (signals > 0) told.add(kind);
    return told;
  }

  /** Notes which windows of this event time are closed at `time`, and so must be looked at again. */
  touch(eventTime: number, time: number): void {
    const settings = this.#settings;
    const hop = hopOf(settings, eventTime);
    const last = lastEnd(settings, hop);
    for (
      let end = firstEnd(settings, hop);
      end <= last && isClosed(settings, end, time);
      end += settings.hopMs
    )
      this.dirty.add(end);
  }

  /** Signals of the window that ends at `end`, sorted by trace id. */
  window(end: number): Signal[] {
    const found: Signal[] = [];
    const last = lastHop(this.#settings, end);
    for (let hop = firstHop(this.#settings, end); hop <= last; hop++) {
      for (const signal of this.#slices.get(hop)?.values() ?? []) if (isTraffic(signal)) found.push(signal);
    }
    return found.sort((a, b) => (a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0));
  }

  /** True where a window that is not yet closed at `time`, or is to be looked at again, holds such a signal. */
  awaits(time: number, such: (signal: Signal) => boolean): boolean {
    const settings = this.#settings;
    for (const [hop, slice] of this.#slices) {
      const last = lastEnd(settings, hop);
      let open = !isClosed(settings, last, time);
      for (let end = firstEnd(settings, hop); !open && end <= last; end += settings.hopMs)
        open = this.dirty.has(end);
      if (!open) continue;
      for (const signal of slice.values()) if (such(signal)) return true;
    }
    return false;
  }

  /** Frees the signals with an event time before `time` (by whole hops). */
  purge(time: number): void {
    for (const [hop, slice] of this.#slices) {
      if (firstEnd(this.#settings, hop) > time) continue;
      for (const signal of slice.values()) this.#traces.delete(signal.traceId);
      this.#slices.delete(hop);
      this.#told.delete(hop);
    }
  }

  #remove(signal: Signal): void {
    const hop = hopOf(this.#settings, signal.eventTime);
    const slice = this.#slices.get(hop);
    slice?.delete(signal.traceId);
    if (slice?.size === 0) this.#slices.delete(hop);
    this.#count(hop, signal, -1);
    this.#traces.delete(signal.traceId);
  }

  #count(hop: number, signal: Signal, by: 1 | -1): void {
    for (const kind of this.#toldBy(signal)) {
      const told = this.#told.get(hop);
      if (told === undefined) this.#told.set(hop, new Map([[kind, by]]));
      else told.set(kind, (told.get(kind) ?? 0) + by);
    }
  }
}
