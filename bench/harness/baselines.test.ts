import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faults, readBaselines, saveBaselines } from './baselines.ts';
import type { Ratio } from './case.ts';

const ratio = (median: number, more: Partial<Ratio> = {}): Ratio => ({
  name: 'naive / ati',
  median,
  min: median * 0.9,
  max: median * 1.1,
  ...more,
});

let folder: URL;
beforeEach(async () => {
  folder = pathToFileURL(`${await mkdtemp(path.join(tmpdir(), 'ati-baselines-'))}/`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a baseline', () => {
  test('a band is noise around the median, or what was seen where that is wider', async () => {
    await saveBaselines('detect', 'full', [ratio(10), ratio(4, { name: 'b', min: 1, max: 20 })], folder);
    const { full } = await readBaselines('detect', folder);
    expect(full?.['naive / ati']).toEqual({ median: 10, low: 7.5, high: 12.5 });
    expect(full?.b).toEqual({ median: 4, low: 1, high: 20 });
  });

  test('quick and full runs have their own', async () => {
    await saveBaselines('detect', 'full', [ratio(10)], folder);
    await saveBaselines('detect', 'quick', [ratio(3)], folder);
    await saveBaselines('detect', 'full', [ratio(12)], folder);
    const baselines = await readBaselines('detect', folder);
    expect([baselines.full?.['naive / ati'].median, baselines.quick?.['naive / ati'].median]).toEqual([
      12, 3,
    ]);
  });

  test('a case without one has no bands', async () => {
    expect(await readBaselines('new', folder)).toEqual({});
    expect(faults([ratio(1)], {}, 'full')).toEqual([]);
  });
});

describe('a run is at fault', () => {
  const baselines = { full: { 'naive / ati': { median: 10, low: 7.5, high: 12.5 } } };

  test('below its band, not above it', () => {
    expect(faults([ratio(7.6)], baselines, 'full')).toEqual([]);
    expect(faults([ratio(20)], baselines, 'full')).toEqual([]);
    expect(faults([ratio(7.4)], baselines, 'full')).toEqual([
      'naive / ati: 7.4, below its band (7.5, baseline 10)',
    ]);
  });

  test('above its band where less is better', () => {
    const cost = (median: number) => ratio(median, { atMost: 100 });
    expect(faults([cost(2)], baselines, 'full')).toEqual([]);
    expect(faults([cost(13)], baselines, 'full')).toEqual([
      'naive / ati: 13, above its band (12.5, baseline 10)',
    ]);
  });

  test('when it misses a promise, in a full run', () => {
    expect(faults([ratio(9, { atLeast: 10 })], {}, 'full')).toEqual(['naive / ati: 9, promised at least 10']);
    expect(faults([ratio(0.6, { atMost: 0.5 })], {}, 'full')).toEqual([
      'naive / ati: 0.6, promised at most 0.5',
    ]);
    expect(faults([ratio(9, { atLeast: 10 })], {}, 'quick')).toEqual([]);
  });

  test('when a ratio with a baseline is measured no more', () => {
    expect(faults([], baselines, 'full')).toEqual(['naive / ati: has a baseline and was not measured']);
    expect(faults([], baselines, 'quick')).toEqual([]);
  });
});
