import { describe, expect, test } from 'vitest';
import { faultOf, type LagSample } from './sustained.ts';

/** A minute at 1,000 spans/s. */
const minute = (of: (second: number) => Partial<LagSample> = () => ({})): LagSample[] =>
  Array.from({ length: 60 }, (_, i) => {
    const second = i + 1;
    return { second, written: second * 1_000, stored: second * 1_000 - 400, processorLag: 1, ...of(second) };
  });

describe('a rate is sustained', () => {
  test('when nobody falls behind', () => {
    expect(faultOf(1_000, minute())).toBeUndefined();
  });

  test('also with a lag that stays, and with one that is worked off', () => {
    expect(
      faultOf(
        1_000,
        minute((second) => ({ stored: second * 1_000 - 9_000 })),
      ),
    ).toBeUndefined();
    const worked = minute((second) => ({ processorLag: second < 20 ? 100 : 2 }));
    expect(faultOf(1_000, worked)).toBeUndefined();
  });

  test('not when the sink falls behind, step by step', () => {
    const slower = minute((second) => ({ stored: second * 850 }));
    expect(faultOf(1_000, slower)).toMatch(/^the lag of the sink grew from \d+ to \d+ spans$/);
  });

  test('not when the processor falls behind', () => {
    const slower = minute((second) => ({ processorLag: second }));
    expect(faultOf(1_000, slower)).toMatch(/^the lag of the processor grew/);
  });

  test('not when the generator itself could not keep the rate', () => {
    const slower = minute((second) => ({ written: second * 900, stored: second * 900 }));
    expect(faultOf(1_000, slower)).toBe('the generator was 6000 spans behind after 60 s');
  });
});
