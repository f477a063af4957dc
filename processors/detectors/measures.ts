import type { Fact, Measure } from '#schemas/events.ts';

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

/** Sum of every measure of that name in the facts. */
export function total(facts: readonly Fact[], name: string): number {
  let sum = 0;
  for (const fact of facts)
    for (const measure of fact.values) if (measure.name === name) sum += measure.value;
  return sum;
}

const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, ',');

/** 2140.4 → `2,140`; below 10 with one digit. Not by locale: texts must be the same everywhere. */
export function number(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : grouped(value.toFixed(0));
}
/** `2,140 ms`. */
export const inMs = (value: number) => `${number(value)} ms`;
/** 0.667 → `67 %`. */
export const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
/** `1 stall`, `3 stalls`. */
export const plural = (value: number, noun: string) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
