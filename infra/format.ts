/** Numbers as people read them. Never by locale: texts are the same on every machine. */

/** Of text that has at most two decimals. */
const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');

const POWERS = [1, 10, 100, 1_000, 10_000] as const;

/** `Number(value.toFixed(digits))`, of up to four digits, mostly without making a string. */
export function rounded(value: number, digits: 0 | 1 | 2 | 3 | 4): number {
  if (value === 0) return 0;
  const scaled = value * POWERS[digits];
  const whole = Math.round(scaled);
  // Near a tie the exact value decides, which `scaled` is not.
  if (Math.abs(scaled) < 1e9 && Math.abs(scaled - whole) < 0.499_999) return whole / POWERS[digits];
  return Number(value.toFixed(digits));
}

/** 2140.4 → `2,140`; below 10 with one decimal. */
export function number(value: number): string {
  if (value >= 0 && value < 1000 && Number.isInteger(value)) return String(value);
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : grouped(value.toFixed(0));
}

/** `1 stall`, `1,200 stalls`. */
export const plural = (value: number, noun: string) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;

/** 0.667 → `67 %`. */
export const percent = (share: number) =>
  share >= 0 && share < 1000 ? `${rounded(share * 100, 0)} %` : `${(share * 100).toFixed(0)} %`;

/** Of `rounded(ms, digits)` with the unit. */
function milliseconds(ms: number, digits: 0 | 1 | 2): string {
  const value = rounded(ms, digits);
  return `${value < 1000 ? value : grouped(String(value))} ms`;
}

function timeText(ms: number): string {
  if (ms < 0) return ms > -0.005 ? '<0.01 ms' : `-${timeText(-ms)}`;
  if (ms >= 9_999.5) return `${grouped(String(rounded(ms / 1000, 1)))} s`;
  if (ms >= 9.95) return milliseconds(ms, 0);
  if (ms >= 0.995) return milliseconds(ms, 1);
  if (ms >= 0.005) return milliseconds(ms, 2);
  return ms > 0 ? '<0.01 ms' : `${ms} ms`;
}

/** What `elapsed` gives, after `before`: of times below 10 s, of which there are few, each text is made once. */
export function elapsedAfter(before: string): (ms: number) => string {
  const hundredths: string[] = new Array(100).fill('');
  const tenths: string[] = new Array(100).fill('');
  const whole: string[] = new Array(10_000).fill('');
  return (ms) => {
    if (!(ms >= 0.005 && ms < 9_999.5)) return `${before}${timeText(ms)}`;
    const texts = ms >= 9.95 ? whole : ms >= 0.995 ? tenths : hundredths;
    const scaled = texts === whole ? ms : ms * (texts === tenths ? 10 : 100);
    const at = Math.round(scaled);
    // Near a tie `rounded` decides; of what was not scaled it rounds ties up, too.
    if (texts !== whole && Math.abs(scaled - at) > 0.499_99) return `${before}${timeText(ms)}`;
    if (texts[at] === '') texts[at] = `${before}${timeText(ms)}`;
    return texts[at];
  };
}

/** Of milliseconds: `<0.01 ms`, `0.25 ms`, `8.3 ms`, `633 ms`, `4,999 ms`, `20.1 s`, `3,600 s`. */
export const elapsed = elapsedAfter('');

/** Of bytes: `512 bytes`, `2.0 KB`, `1,234 MB`; units of 1000. */
export function size(bytes: number): string {
  if (bytes < 999.5) return `${number(bytes)} bytes`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} KB`;
  return `${number(Math.round(bytes / 100_000) / 10)} MB`;
}
