import { InvalidArgumentError } from 'commander';

const MINUTES = { m: 1, h: 60, d: 1440, w: 10_080 } as const;

/** The API's: a leap year. */
const MOST = 366 * MINUTES.d;

/** `45m`, `2h`, `1h30m`, `3d`, `1w` as minutes; for commander. */
export function minutesOf(text: string): number {
  const valid = /^(\d{1,6}w)?(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?$/.test(text);
  let minutes = 0;
  for (const [, amount, unit] of valid ? text.matchAll(/(\d+)([wdhm])/g) : [])
    minutes += Number(amount) * MINUTES[unit as keyof typeof MINUTES];
  if (minutes > MOST) throw new InvalidArgumentError('It can be at most 366d, which is a year.');
  if (minutes > 0) return minutes;
  throw new InvalidArgumentError('It must be like 45m, 2h, 1h30m, 3d or 1w.');
}
