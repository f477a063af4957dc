import { number } from '#infra/format.ts';
import type { Measure } from '#schemas/events.ts';

/** To the µs: far finer than clocks, and the same digits wherever the number is written. */
const round = (value: number, digits: number) => Number(value.toFixed(digits));

export const ms = (name: string, ns: number): Measure => ({ name, value: round(ns / 1e6, 3), unit: 'ms' });
export const count = (name: string, value: number): Measure => ({ name, value, unit: 'count' });
export const ratio = (name: string, value: number): Measure => ({
  name,
  value: round(value, 4),
  unit: 'ratio',
});

/** Reads evidence by name; a name that is not there is a bug of the detector. */
export function reader(evidence: readonly Measure[]): (name: string) => number {
  return (name) => {
    const measure = evidence.find((each) => each.name === name);
    if (measure === undefined) throw new Error(`no evidence named ${name}`);
    return measure.value;
  };
}

/** `2,140 ms`: as incidents write times. */
export const inMs = (value: number) => `${number(value)} ms`;
