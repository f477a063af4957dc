import { chain } from './chain.ts';
import { chainOfOneMillisecond } from './controls/chain-of-one-millisecond.ts';
import { chainShort } from './controls/chain-short.ts';
import { dagEven } from './controls/dag-even.ts';
import { fanoutNarrow } from './controls/fanout-narrow.ts';
import { fanoutOnEnoughSlots } from './controls/fanout-on-enough-slots.ts';
import { fanoutStraggler } from './controls/fanout-straggler.ts';
import { humanLongWait } from './controls/human-long-wait.ts';
import { ragGrowing } from './controls/rag-growing.ts';
import { reactSlowStep } from './controls/react-slow-step.ts';
import { reactThirty } from './controls/react-thirty.ts';
import { reactTwoTools } from './controls/react-two-tools.ts';
import { retriesAtOnePercent } from './controls/retries-at-one-percent.ts';
import { retriesNone } from './controls/retries-none.ts';
import { streamAlone } from './controls/stream-alone.ts';
import { streamBesideLittle } from './controls/stream-beside-little.ts';
import { streamOwnTools } from './controls/stream-own-tools.ts';
import { streamSlow } from './controls/stream-slow.ts';
import { dag } from './dag.ts';
import { fanout } from './fanout.ts';
import { human } from './human.ts';
import { rag } from './rag.ts';
import { react } from './react.ts';
import { retry } from './retry.ts';
import type { Scenario } from './scenario.ts';
import { stream } from './stream.ts';

/** The eight workflows of the agent app. */
export const SCENARIOS: readonly Scenario[] = [fanout, chain, retry, dag, react, human, rag, stream];

/** Healthy versions and near misses of each: nothing may be found in them. */
export const CONTROLS: readonly Scenario[] = [
  fanoutOnEnoughSlots,
  fanoutStraggler,
  fanoutNarrow,
  chainOfOneMillisecond,
  chainShort,
  retriesAtOnePercent,
  retriesNone,
  dagEven,
  reactThirty,
  reactTwoTools,
  reactSlowStep,
  humanLongWait,
  ragGrowing,
  streamAlone,
  streamSlow,
  streamOwnTools,
  streamBesideLittle,
];

export const ALL_SCENARIOS: readonly Scenario[] = [...SCENARIOS, ...CONTROLS];
