import { detector as retryStorm } from '#processors/detectors/retry-storm.detector.ts';
import { detector as starvation } from '#processors/detectors/starvation.detector.ts';
import { detector as blockingChain } from './blocking-chain.detector.ts';
import type { Detector } from './detector.ts';
import { detector as fanoutCollapse } from './fanout-collapse.detector.ts';

/** Sorted by name, as ATI's. What only a failed call or a stream leads to is ATI's own: on the corpus it costs nothing. */
export const DETECTORS: readonly Detector[] = [blockingChain, fanoutCollapse, retryStorm, starvation];
