import type { Signal } from '#schemas/events.ts';
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
 * The signals of one group, one for each trace (the greatest revision), in slices of a hop's length by event time: a
 * window is the union of its slices. A pure function of the signals put in; nothing here knows what came when.
 */
export class Group {
  readonly id: GroupId;
  readonly key: string;
  /** Ends of closed windows whose content has changed since. */
  readonly dirty = new Set<number>();
  readonly #settings: WindowSettings;
  readonly #traces = new Map<string, Signal>();
  readonly #slices = new Map<number, Map<string, Signal>>();

  constructor(id: GroupId, settings: WindowSettings) {
    this.id = id;
    this.key = groupKey(id);
    this.#settings = settings;
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
    const index = Math.floor(signal.eventTime / this.#settings.hopMs);
    const slice = this.#slices.get(index);
    if (slice === undefined) this.#slices.set(index, new Map([[signal.traceId, signal]]));
    else slice.set(signal.traceId, signal);
  }

  /** Notes which windows of this event time are closed at `time`, and so must be looked at again. */
  touch(eventTime: number, time: number): void {
    const { hopMs, windowMs, graceMs } = this.#settings;
    const first = (Math.floor(eventTime / hopMs) + 1) * hopMs;
    for (let end = first; end < first + windowMs && end + graceMs <= time; end += hopMs) this.dirty.add(end);
  }

  /** Signals of the window that ends at `end`, sorted by trace id. */
  window(end: number): Signal[] {
    const { hopMs, windowMs } = this.#settings;
    const found: Signal[] = [];
    for (let index = (end - windowMs) / hopMs; index < end / hopMs; index++) {
      for (const signal of this.#slices.get(index)?.values() ?? []) if (isTraffic(signal)) found.push(signal);
    }
    return found.sort((a, b) => (a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0));
  }

  /** True where a window that is not yet closed at `time`, or is to be looked at again, holds such a signal. */
  awaits(time: number, such: (signal: Signal) => boolean): boolean {
    const { hopMs, windowMs, graceMs } = this.#settings;
    for (const [index, slice] of this.#slices) {
      const lastEnd = index * hopMs + windowMs;
      let open = lastEnd + graceMs > time;
      for (let end = (index + 1) * hopMs; !open && end <= lastEnd; end += hopMs) open = this.dirty.has(end);
      if (!open) continue;
      for (const signal of slice.values()) if (such(signal)) return true;
    }
    return false;
  }

  /** Frees the signals with an event time before `time` (by whole slices). */
  purge(time: number): void {
    for (const [index, slice] of this.#slices) {
      if ((index + 1) * this.#settings.hopMs > time) continue;
      for (const signal of slice.values()) this.#traces.delete(signal.traceId);
      this.#slices.delete(index);
    }
  }

  #remove(signal: Signal): void {
    const index = Math.floor(signal.eventTime / this.#settings.hopMs);
    const slice = this.#slices.get(index);
    slice?.delete(signal.traceId);
    if (slice?.size === 0) this.#slices.delete(index);
    this.#traces.delete(signal.traceId);
  }
}
