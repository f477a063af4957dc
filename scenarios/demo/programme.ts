import { chain } from '../chain.ts';
import { fanoutOnEnoughSlots } from '../controls/fanout-on-enough-slots.ts';
import { dag } from '../dag.ts';
import { fanout } from '../fanout.ts';
import { human } from '../human.ts';
import type { Mesh } from '../meshes.ts';
import { rag } from '../rag.ts';
import { react } from '../react.ts';
import { retry } from '../retry.ts';
import type { Scenario } from '../scenario.ts';
import { stream } from '../stream.ts';

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
