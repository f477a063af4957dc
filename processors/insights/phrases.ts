/** How answers write times and sizes, and which entries a long timeline keeps. */
import type { TimelineEntry } from '#schemas/events.ts';
import { inMs, number } from '../detectors/measures.ts';
import { LONGEST_TIMELINE } from './answer.ts';

/** 83.4 → `83 ms`; 1234 → `1.2 s`; 125,000 → `125 s`. */
export function time(ms: number): string {
  if (ms < 999.5) return inMs(ms);
  return ms < 99_950 ? `${(ms / 1000).toFixed(1)} s` : `${number(ms / 1000)} s`;
}

/** 512 → `512 bytes`; 2048 → `2.0 KB`; units of 1000, as ms_per_mb has them. */
export function size(bytes: number): string {
  if (bytes < 999.5) return `${number(bytes)} bytes`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} KB`;
  return `${number(Math.round(bytes / 100_000) / 10)} MB`;
}

/** The longest entries that a timeline has room for; of equal ones the earlier. */
export function longest(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return [...entries]
    .sort((a, b) => b.durationMs - a.durationMs || a.startMs - b.startMs)
    .slice(0, LONGEST_TIMELINE);
}
