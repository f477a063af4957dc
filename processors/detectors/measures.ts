import { number, rounded } from '#infra/format.ts';
import type { Fact, Measure } from '#schemas/events.ts';

/** To the µs: far finer than clocks, and the same digits wherever the number is written. */
export const ms = (name: string, ns: number): Measure => ({ name, value: rounded(ns / 1e6, 3), unit: 'ms' });
export const count = (name: string, value: number): Measure => ({ name, value, unit: 'count' });
export const ratio = (name: string, value: number): Measure => ({
  name,
  value: rounded(value, 4),
  unit: 'ratio',
});

/** Reads evidence by name; a name that is not there is a bug of the detector. */
export function reader(evidence: readonly Measure[]): (name: string) => number {
  return (name) => {
    for (let i = 0; i < evidence.length; i++) if (evidence[i].name === name) return evidence[i].value;
    throw new Error(`no evidence named ${name}`);
  };
}

/** Sum of every measure of that name in the facts. */
export function total(facts: readonly Fact[], name: string): number {
  let sum = 0;
  for (const fact of facts)
    for (const measure of fact.values) if (measure.name === name) sum += measure.value;
  return sum;
}

/** `2,140 ms`: as incidents write times. */
export const inMs = (value: number) => `${number(value)} ms`;
