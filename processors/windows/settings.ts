import { latenessMs } from './hopping.ts';

/** Hopping windows in event time; their rules stand in hopping.ts. Milliseconds; `windowMs` is a multiple of `hopMs`. */
export interface WindowSettings {
  readonly windowMs: number;
  readonly hopMs: number;
  /** A window closes when the logical time has passed its end by this much. */
  readonly graceMs: number;
  /** A signal for a window closed longer ago is dropped and counted. */
  readonly hardCapMs: number;
  /** Partitions of ati.spans: the sources whose clocks together are the logical time. */
  readonly sources: number;
}

export const WINDOW_DEFAULTS: WindowSettings = {
  windowMs: 60_000,
  hopMs: 10_000,
  graceMs: 30_000,
  hardCapMs: 300_000,
  sources: 4,
};

/** Windows that a window finding must show in, of how many that start a window's length apart. */
export const OPEN_AFTER = 2;
export const OPEN_OF = 3;

/** How old a signal may be and still be looked at: by a late window, or as the history of a closing one. */
export function retentionMs(s: WindowSettings): number {
  return Math.max(latenessMs(s) + s.windowMs, s.graceMs + OPEN_OF * s.windowMs) + s.hopMs;
}

/** What is wrong with the settings, if anything. */
export function settingsFault(s: WindowSettings): string | undefined {
  if (s.windowMs % s.hopMs !== 0) return 'ATI_WINDOW_MS must be a multiple of ATI_WINDOW_HOP_MS';
  return undefined;
}
