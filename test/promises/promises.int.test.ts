/**
 * The two promises of docs/design.md §5, each over a hundred seeds: the same log gives the same incidents, byte for byte,
 * whatever the batches, the workers and what is delivered twice; and another arrival of the same spans gives the same
 * settled incidents, byte for byte.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ASSEMBLY_DEFAULTS } from '#processors/assembly/settings.ts';
import { configureDetectors } from '#processors/detectors/registry.ts';
import { WorkerPool } from '#processors/runtime/worker-pool.ts';
import { WINDOW_DEFAULTS } from '#processors/windows/settings.ts';
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { encode } from '#schemas/codec.ts';
import { type Arrival, PARTITIONS, spansOf } from './spans.ts';
import { type Chances, incidentsOf, ONE_BY_ONE, type Said, signalsOf } from './stages.ts';

const SEEDS = Array.from({ length: 100 }, (_, i) => i + 1);
const PER_TEST = 10;
const TICK_MS = 1_000;
/** Windows close, and a mute incident resolves, long before. */
const TAIL_MS = 300_000;

const assembly = { ...ASSEMBLY_DEFAULTS, signalPartitions: PARTITIONS };
const windows = { ...WINDOW_DEFAULTS, sources: PARTITIONS };
const configured = configureDetectors();
if (!configured.ok) throw new Error(configured.message);
const { detectors } = configured;

const pools = new Map<number, WorkerPool>();
beforeAll(() => {
  for (const workers of [1, 2, 4]) pools.set(workers, new WorkerPool(workers, { assembly, detectors: {} }));
});
afterAll(async () => {
  for (const pool of pools.values()) await pool.close();
});

/** ati.spans as the door and the ticker would have written it: spans that arrive in one millisecond are one record. */
function logOf(arrivals: readonly Arrival[]): Uint8Array[][] {
  const until = Math.max(...arrivals.map(({ at }) => at)) + TAIL_MS;
  const from = Math.min(...arrivals.map(({ at }) => at));
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const records = new Map<string, { at: number; tenant: string; spans: Uint8Array[] }>();
    for (const { at, tenant, otlp } of arrivals.filter((each) => each.partition === partition)) {
      const key = `${at} ${tenant}`;
      const record = records.get(key);
      if (record) record.spans.push(otlp);
      else records.set(key, { at, tenant, spans: [otlp] });
    }
    const all = [...records.values()];
    for (let at = from; at <= until; at += TICK_MS) all.push({ at, tenant: '', spans: [] });
    return all
      .sort((a, b) => a.at - b.at)
      .map(({ at, tenant, spans }) =>
        // Protobuf: messages one after the other are one message with the fields of all.
        encode('SpanBatch', { tenant, receivedAt: at, spanCount: spans.length, otlp: Buffer.concat(spans) }),
      );
  });
}

function chances(seed: number): Chances {
  const random = new Random(seedBytes('chances', seed));
  return {
    batch: () => Math.floor(random.between(1, 400)),
    again: () => random.between(0, 1) < 0.3,
  };
}

async function run(arrivals: readonly Arrival[], workers: number, by: Chances): Promise<Said[]> {
  const signals = await signalsOf(logOf(arrivals), pools.get(workers)!, by);
  return incidentsOf(signals, windows, detectors, by);
}

const hexes = (said: readonly Said[]) => said.map(({ hex }) => hex);
const settled = (said: readonly Said[]) => said.filter(({ event }) => event.settled);

/** How late a span may come, after it first would have: for as long as a closed trace takes it. */
const ALLOWANCE_MS = ASSEMBLY_DEFAULTS.reopenMs - 1;

/** The same spans in another order of arrival: shuffled, some twice, some late. */
function otherwise(arrivals: readonly Arrival[], seed: number): Arrival[] {
  const random = new Random(seedBytes('otherwise', seed));
  const out: Arrival[] = [];
  for (const arrival of arrivals) {
    const late = random.between(0, 1) < 0.05 ? random.between(0, ALLOWANCE_MS) : random.between(0, 900);
    out.push({ ...arrival, at: arrival.at + Math.floor(late) });
    if (random.between(0, 1) < 0.2)
      out.push({ ...arrival, at: arrival.at + Math.floor(random.between(0, 30_000)) });
  }
  return out.sort((a, b) => a.at - b.at || random.between(-1, 1));
}

describe.each(SEEDS.filter((seed) => seed % PER_TEST === 1))('seeds from %i on', (first) => {
  const seeds = SEEDS.slice(first - 1, first - 1 + PER_TEST);

  test('the same log: the same incidents, byte for byte', async () => {
    let events = 0;
    for (const seed of seeds) {
      const arrivals = await spansOf(seed);
      const expected = await run(arrivals, 1, ONE_BY_ONE);
      events += expected.length;
      for (const workers of pools.keys())
        expect(hexes(await run(arrivals, workers, chances(seed * 10 + workers))), `seed ${seed}`).toEqual(
          hexes(expected),
        );
    }
    expect(events).toBeGreaterThan(seeds.length);
  });

  test('another arrival of the same spans: the same settled incidents, byte for byte', async () => {
    let events = 0;
    for (const seed of seeds) {
      const arrivals = await spansOf(seed);
      const expected = settled(await run(arrivals, 1, chances(seed)));
      const other = settled(await run(otherwise(arrivals, seed), 2, chances(seed)));
      events += expected.length;
      expect(
        other.map(({ event }) => event),
        `seed ${seed}`,
      ).toEqual(expected.map(({ event }) => event));
      expect(hexes(other)).toEqual(hexes(expected));
    }
    expect(events).toBeGreaterThan(seeds.length);
  });
});
