import { expect, test } from 'vitest';
import { COSTS, PLAN, RATES } from './figures.ts';
import { sizing } from './model.ts';

const costs = {
  ingestUs: 10,
  processorUs: 10,
  sinkUs: 10,
  brokerUs: 2,
  engineUs: 20,
  wireBytes: 400,
  logBytes: 100,
  storedBytes: 50,
  openSpanBytes: 1_000,
};
const plan = {
  busy: 0.5,
  partitionShare: 0.25,
  machineCores: 8,
  replicas: 2,
  logDays: 3,
  storedDays: 30,
  openSeconds: 10,
};

test('a hundred thousand spans a second, by hand', () => {
  expect(sizing(100_000, costs, plan)).toEqual({
    spansPerSecond: 100_000,
    partitions: 4, // a core in quarters
    ingests: 2, // one core, half busy
    processors: 1, // two threads, half busy
    sinks: 2,
    brokerCores: 0.4,
    brokers: 2,
    engineCores: 4,
    engines: 2, // two cores of four usable ones, twice
    logGbPerDay: 1728,
    logTb: 5.184,
    storedGbPerDay: 864,
    storedTb: 25.92,
    openGb: 1,
    inMbit: 320,
    logMbit: 320,
  });
});

test('no rate needs less of anything than a smaller one, and each processor has a partition for each thread', () => {
  const all = RATES.map((rate) => sizing(rate, COSTS, PLAN));
  for (const [i, next] of all.slice(1).entries())
    for (const [name, value] of Object.entries(next))
      expect(value, name).toBeGreaterThanOrEqual(all[i][name as keyof typeof next]);
  for (const { partitions, processors } of all) expect(partitions).toBeGreaterThanOrEqual(2 * processors);
});

test('a rate that is none is refused', () => {
  expect(() => sizing(0, COSTS, PLAN)).toThrow(RangeError);
  expect(() => sizing(Number.NaN, COSTS, PLAN)).toThrow(RangeError);
});
