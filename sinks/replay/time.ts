/** Times on the command line: a place on the log's time. */
import { InvalidArgumentError } from 'commander';

/** Unix ms, or an end of the log. */
export type TimePoint = number | 'earliest' | 'latest';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ISO = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** `earliest`, `latest`, `-24h` (s, m, h, d before `now`), or ISO 8601 (UTC where no zone is said). */
export function timePoint(text: string, now: number): TimePoint {
  if (text === 'earliest' || text === 'latest') return text;
  const ago = /^-(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * UNITS[ago[2]];
  const iso = ISO.exec(text);
  const zoned = iso !== null && iso[1] !== undefined && iso[4] === undefined ? `${text}Z` : text;
  const ms = iso === null ? Number.NaN : Date.parse(zoned.replace(' ', 'T'));
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError(
    'A time is like 2026-01-31T12:00:00Z, -24h (s, m, h, d ago), earliest or latest.',
  );
}

/** 2026-01-31 12:00:00, UTC. */
export const timeText = (ms: number) =>
  Math.abs(ms) > 8.64e15 ? String(ms) : new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
