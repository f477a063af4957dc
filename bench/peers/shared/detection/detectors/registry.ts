import { detector as blockingChain } from './blocking-chain.detector.ts';
import type { Detector } from './detector.ts';
import { detector as fanoutCollapse } from './fanout-collapse.detector.ts';
import { detector as retryStorm } from './retry-storm.detector.ts';
import { detector as starvation } from './starvation.detector.ts';

/** Sorted by name, as ATI's. */
export const DETECTORS: readonly Detector[] = [blockingChain, fanoutCollapse, retryStorm, starvation];
