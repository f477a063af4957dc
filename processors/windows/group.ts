import type { Finding } from '#schemas/events.ts';
import type { GroupId, GroupName } from './group-names.ts';
import { firstEnd, firstHop, hopOf, isClosed, lastEnd, lastHop } from './hopping.ts';
import type { WindowSettings } from './settings.ts';
import { Slice, type Telling } from './slice.ts';
import { TraceIndex } from './trace-index.ts';
import type { Taken } from './waiting.ts';
import { Window } from './window.ts';

/** What a group holds of a trace. */
export interface Held {
  readonly eventTime: number;
  readonly revision: number;
  readonly findings: readonly Finding[];
}

const NOTHING = new Window([]);

/** The root findings of a signal of a group, by incident. */
export type RootsOf = (findings: readonly Finding[]) => ReadonlyMap<string, Finding>;

/**
 * The signals of one group, one for each trace (the greatest revision), in slices of a hop by event time: a window is the
 * union of its slices. A pure function of the signals put in; nothing here knows what came when.
 */
export class Group {
  readonly id: GroupId;
  readonly key: string;
  /** Ends of closed windows whose content has changed since. */
  readonly dirty = new Set<number>();
  readonly rootsOf: RootsOf;
  readonly #settings: WindowSettings;
  readonly #telling: Telling;
  /** By hop, and by number. */
  readonly #slices = new Map<number, Slice>();
  readonly #bySerial = new Map<number, Slice>();
  #serials = 0;
  readonly #index = new TraceIndex(this.#bySerial);

  /** `telling`: what facts may be part of (evaluate.ts). */
  constructor({ id, key }: GroupName, settings: WindowSettings, telling: Telling, rootsOf: RootsOf) {
    this.id = id;
    this.key = key;
    this.#settings = settings;
    this.#telling = telling;
    this.rootsOf = rootsOf;
  }

  get empty(): boolean {
    return this.#slices.size === 0 && this.dirty.size === 0;
  }

  /** The place of the signal's trace, until the next `put`; -1 without one. */
  find(signal: Taken): number {
    return this.#index.find(signal);
  }

  /** What is held of the trace at a place. */
  held(slot: number): Held {
    const slice = this.#bySerial.get(this.#index.serial(slot))!;
    const row = this.#index.row(slot);
    return { eventTime: slice.eventTime(row), revision: slice.revision(row), findings: slice.findings(row) };
  }

  /** `slot`: what `find` says of it. */
  put(signal: Taken, slot: number): void {
    if (slot >= 0) this.#remove(this.#bySerial.get(this.#index.serial(slot))!, this.#index.row(slot));
    const slice = this.#sliceOf(hopOf(this.#settings, signal.eventTime));
    const row = slice.add(signal);
    if (slot >= 0) this.#index.move(slot, slice.serial, row);
    else this.#index.add(signal.traceHash, slice.serial, row);
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

  /** The window that ends at `end`. */
  window(end: number): Window {
    const slices: Slice[] = [];
    const last = lastHop(this.#settings, end);
    for (let hop = firstHop(this.#settings, end); hop <= last; hop++) {
      const slice = this.#slices.get(hop);
      if (slice !== undefined) slices.push(slice);
    }
    return slices.length === 0 ? NOTHING : new Window(slices);
  }

  /** True where a window that is not yet closed at `time`, or is to be looked at again, shows the incident. */
  awaits(time: number, incidentId: string): boolean {
    const settings = this.#settings;
    for (const [hop, slice] of this.#slices) {
      const last = lastEnd(settings, hop);
      let open = !isClosed(settings, last, time);
      for (let end = firstEnd(settings, hop); !open && end <= last; end += settings.hopMs)
        open = this.dirty.has(end);
      if (open && slice.shown(this.rootsOf).some(({ roots }) => roots.has(incidentId))) return true;
    }
    return false;
  }

  /** Frees the signals with an event time before `time` (by whole hops). */
  purge(time: number): void {
    for (const slice of this.#slices.values())
      if (firstEnd(this.#settings, slice.hop) <= time) this.#drop(slice);
  }

  #sliceOf(hop: number): Slice {
    let slice = this.#slices.get(hop);
    if (slice !== undefined) return slice;
    slice = new Slice(hop, this.#serials++, this.#telling);
    this.#slices.set(hop, slice);
    this.#bySerial.set(slice.serial, slice);
    return slice;
  }

  #remove(slice: Slice, row: number): void {
    slice.remove(row);
    if (slice.size === 0) this.#drop(slice);
  }

  #drop(slice: Slice): void {
    this.#slices.delete(slice.hop);
    this.#bySerial.delete(slice.serial);
  }
}
