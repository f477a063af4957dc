import { chain } from './chain.ts';
import { control } from './control.ts';
import { fanout } from './fanout.ts';
import { retry } from './retry.ts';
import type { Scenario } from './scenario.ts';
import { stream } from './stream.ts';

/** The control first: it must stay silent while nothing else runs. */
export const scenarios: readonly Scenario[] = [control, fanout, chain, retry, stream];
