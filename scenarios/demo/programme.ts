import { scenario as chain } from '../chain.scenario.ts';
import { scenario as fanoutOnEnoughSlots } from '../controls/fanout-on-enough-slots.scenario.ts';
import { scenario as dag } from '../dag.scenario.ts';
import { scenario as fanout } from '../fanout.scenario.ts';
import { scenario as human } from '../human.scenario.ts';
import type { Mesh } from '../meshes.ts';
import { scenario as rag } from '../rag.scenario.ts';
import { scenario as react } from '../react.scenario.ts';
import { scenario as retry } from '../retry.scenario.ts';
import type { Scenario } from '../scenario.ts';
import { scenario as stream } from '../stream.scenario.ts';

/** On the first mesh, one after the other. The control first: it must stay silent while nothing else runs. */
export const FIRST: readonly Scenario[] = [fanoutOnEnoughSlots, fanout, chain, retry];
/** On the first mesh, last: it takes twenty seconds. */
export const STREAM: Scenario = stream;
/** On the second mesh, meanwhile. */
export const SECOND: readonly Scenario[] = [dag, react, human, rag];

export interface Play {
  readonly scenario: Scenario;
  readonly mesh: Mesh;
  readonly traceId: string;
}
