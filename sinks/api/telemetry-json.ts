/** Values that metrics and logs share, as the API gives them. */
import { z } from 'zod';
import { isoOfNanos } from './trace-rows.ts';

/** As protobuf's JSON: numbers that JSON has no word for are strings. */
export const double = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
  .describe('a number, or "NaN", "Infinity", "-Infinity"');

export type Double = z.output<typeof double>;

/** So that the engine writes `double`s that are not finite, instead of null. */
export const QUOTE_DENORMALS = { output_format_json_quote_denormals: 1 } as const;

const SPECIAL: Readonly<Record<string, Double>> = { inf: 'Infinity', '-inf': '-Infinity' };

/** A Float64 of the engine, asked with QUOTE_DENORMALS. */
export function doubleOf(value: number | string): Double {
  return typeof value === 'number' ? value : (SPECIAL[value] ?? 'NaN');
}

export const attributes = z.record(z.string(), z.string());

/** ISO 8601 to the millisecond, and exactly. */
export const instant = {
  time: z.string().describe('ISO 8601, UTC'),
  timeUnixNano: z.string().describe('the same, exactly'),
};

export const instantOf = (nanos: string) => ({ time: isoOfNanos(nanos), timeUnixNano: nanos });
