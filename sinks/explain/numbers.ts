/** Numbers for people. */

/** A number without decimals, and thousands apart: 4,999. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** `1 span`, `303 spans`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Milliseconds: <0.01 ms, 0.25 ms, 8.3 ms, 633 ms, 4,999 ms, 20.1 s. */
export function duration(ms: number | null): string {
  if (ms === null) return '?';
  const size = Math.abs(ms);
  if (size >= 9_999.5) return `${(ms / 1000).toLocaleString('en-US', { maximumFractionDigits: 1 })} s`;
  if (size >= 9.95) return `${count(ms)} ms`;
  if (size < 0.005 && size > 0) return '<0.01 ms';
  return `${Number(ms.toFixed(size < 0.995 ? 2 : 1))} ms`;
}

/** 53 %; what is there but rounds to nothing: <1 %. */
export function percent(share: number): string {
  const whole = Math.round(share * 100);
  return whole === 0 && share > 0 ? '<1 %' : `${whole} %`;
}
