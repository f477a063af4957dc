import type { WindowSettings } from './settings.ts';

/**
 * Hopping windows in event time: [end − windowMs, end) for every `end` that is a multiple of `hopMs`. Epoch-aligned and
 * half-open. `windowMs` is a multiple of `hopMs`, so that every event is in exactly windowMs / hopMs windows. All times
 * are ms; negative ones (before 1970) follow the same rules. Terms as in Kafka Streams' `TimeWindows` and Flink.
 *
 * - An event exactly at a window's start is in it; one exactly at its end is not.
 * - A window's boundary is `end + graceMs`. An event whose source's clock was below the boundary when it came is on
 *   time; one that came exactly at the boundary, or later, is late for that window.
 * - A window closes once the watermark has passed its boundary; at the boundary itself it is still open. What closes at
 *   a moment closes before the events of that moment are applied.
 * - A late event gives each closed window that it is in a late revision, at the next boundary; until `latenessMs` after
 *   its event time, inclusive. One that is older has no effect and is counted.
 */
export type HoppingSettings = Pick<WindowSettings, 'windowMs' | 'hopMs' | 'graceMs' | 'hardCapMs'>;

/** Number of the hop that an event is in: [n × hopMs, (n + 1) × hopMs). A window is a row of whole hops. */
export function hopOf(s: HoppingSettings, eventTime: number): number {
  return Math.floor(eventTime / s.hopMs);
}

/** End of the first window that an event of this hop is in. The others follow, a hop apart, up to `lastEnd`. */
export function firstEnd(s: HoppingSettings, hop: number): number {
  return (hop + 1) * s.hopMs;
}

export function lastEnd(s: HoppingSettings, hop: number): number {
  return hop * s.hopMs + s.windowMs;
}

/** The first hop of the window that ends at `end`. */
export function firstHop(s: HoppingSettings, end: number): number {
  return (end - s.windowMs) / s.hopMs;
}

/** The last one, inclusive. */
export function lastHop(s: HoppingSettings, end: number): number {
  return end / s.hopMs - 1;
}

/** True where an event that comes when its source's clock is `time` comes too late for this closing of the window. */
export function isClosed(s: HoppingSettings, end: number, time: number): boolean {
  return end + s.graceMs <= time;
}

/** End of the window that closes at a boundary. */
export function endAt(s: HoppingSettings, boundary: number): number {
  return boundary - s.graceMs;
}

/** The first boundary at or after `time`. */
export function boundaryFrom(s: HoppingSettings, time: number): number {
  return Math.ceil((time - s.graceMs) / s.hopMs) * s.hopMs + s.graceMs;
}

/** The first boundary after `time`. */
export function boundaryAfter(s: HoppingSettings, time: number): number {
  return (Math.floor((time - s.graceMs) / s.hopMs) + 1) * s.hopMs + s.graceMs;
}

/** How old (source's clock − event time) an event may be to count: its last window closed `hardCapMs` ago at most. */
export function latenessMs(s: HoppingSettings): number {
  return s.windowMs + s.graceMs + s.hardCapMs;
}

/** True where an event that comes at `time` is too old to count. Exactly `latenessMs` old still counts. */
export function isTooOld(s: HoppingSettings, eventTime: number, time: number): boolean {
  return eventTime < time - latenessMs(s);
}
