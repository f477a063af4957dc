/** What a proof asserts: one line each. */
export interface Check {
  readonly what: string;
  /** The figure that was found, with its unit. */
  readonly found: string;
  /** What it had to be. */
  readonly wanted: string;
  readonly ok: boolean;
}

/** What a proof of one target leaves. */
export interface Outcome {
  readonly target: string;
  readonly title: string;
  readonly checks: readonly Check[];
  /** SVG files by name. */
  readonly pictures: Readonly<Record<string, string>>;
}

export const atMost = (what: string, value: number, limit: number, unit: string): Check => ({
  what,
  found: `${rounded(value)} ${unit}`.trim(),
  wanted: `at most ${rounded(limit)} ${unit}`.trim(),
  ok: value <= limit,
});

export const atLeast = (what: string, value: number, limit: number, unit: string): Check => ({
  what,
  found: `${rounded(value)} ${unit}`.trim(),
  wanted: `at least ${rounded(limit)} ${unit}`.trim(),
  ok: value >= limit,
});

export const none = (what: string, count: number): Check => ({
  what,
  found: String(count),
  wanted: 'none',
  ok: count === 0,
});

export const rounded = (value: number): number => Number(value.toFixed(Math.abs(value) < 10 ? 2 : 0));
