export type TimesResult = { ok: true; times: readonly number[] } | { ok: false; reason: string };

/** Arrival times from a file's text: seconds from the start, one a line, in any order; # starts a comment. */
export function parseTimes(text: string): TimesResult {
  const times: number[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const value = line.replace(/#.*/, '').trim();
    if (value === '') continue;
    const seconds = Number(value);
    if (!Number.isFinite(seconds) || seconds < 0)
      return { ok: false, reason: `line ${i + 1}: "${value}" is no number of seconds from 0` };
    times.push(seconds);
  }
  return times.length > 0
    ? { ok: true, times: times.sort((a, b) => a - b) }
    : { ok: false, reason: 'no times in it' };
}
