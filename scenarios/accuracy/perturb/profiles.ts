import type { Chance } from '../chance.ts';
import { type Delivery, type Export, readDeliveries, writeDeliveries } from './deliveries.ts';
import { late, lost, reopened, shuffled, skewed, twice, type Way } from './ways.ts';

export interface Profile {
  readonly name: string;
  readonly about: string;
  readonly ways: readonly Way[];
  /** Spans are missing from it: what a definition counts may be less than what happened. */
  readonly lossy: boolean;
}

/** How a trace's spans reach the door. */
export const PROFILES: readonly Profile[] = [
  { name: 'clean', about: 'each export once, in order', ways: [], lossy: false },
  {
    name: 'skewed',
    about: 'clocks off by up to ±500 ms, the tool service’s by up to ±50 ms more',
    ways: [skewed],
    lossy: false,
  },
  { name: 'lost', about: '1 % of the spans never come', ways: [lost], lossy: true },
  { name: 'late', about: '30 % of the spans come 0.5–5.5 s after the rest', ways: [late], lossy: false },
  {
    name: 'reopened',
    about: '30 % of the spans come 0.5–9.5 s after the trace has closed',
    ways: [reopened],
    lossy: false,
  },
  { name: 'twice', about: 'half of the exports come two or three times', ways: [twice], lossy: false },
  {
    name: 'shuffled',
    about: 'small exports that overtake one another by up to 3 s',
    ways: [shuffled],
    lossy: false,
  },
  {
    name: 'everything',
    about: 'skewed, lost, late, twice and shuffled at once',
    ways: [skewed, lost, late, twice, shuffled],
    lossy: true,
  },
];

/** The exports as they arrive by that profile. */
export function arrive(exports: readonly Export[], profile: Profile, chance: Chance): readonly Export[] {
  if (profile.ways.length === 0) return exports;
  let deliveries: Delivery[] = readDeliveries(exports);
  for (const way of profile.ways) deliveries = way(deliveries, chance);
  return writeDeliveries(deliveries);
}
