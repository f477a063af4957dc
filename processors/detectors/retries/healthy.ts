/** The facts of a trace in which no call has failed: nothing was tried again, and all that there is to count are calls. */
import type { Measure } from '#schemas/events.ts';
import { Tuples } from '../../trace/tuples.ts';
import type { TraceView } from '../../trace/view.ts';
import { agentOperations, callsIn } from '../calls.ts';
import type { TraceFact } from '../detector.ts';
import { factValues } from './facts.ts';

/** Pairs of a callee and a calling agent operation that are told without a look at how many callees there are. */
const MOST_PAIRS = 50;

const pairs = new Tuples();
const callees = new Int32Array(MOST_PAIRS);
const callers = new Int32Array(MOST_PAIRS);
const calls = new Int32Array(MOST_PAIRS);

/** What is said of so many calls. */
function valuesOf(n: number): Measure[] {
  const tally = { attempts: n, logical: n, retried: 0, failed: 0, gaveUp: 0 };
  return factValues(tally, { overload: 0, unrepeated: n });
}

/** Made once, by number of calls: nobody writes them. */
const SAID = Array.from({ length: 256 }, (_, n) => valuesOf(n));

/** In no particular order; undefined where there are so many that the busiest have to be chosen. */
export function healthyFacts(view: TraceView): TraceFact[] | undefined {
  const { of, list } = agentOperations(view);
  const { n, parent, callee } = view;
  const isACall = callsIn(view);
  pairs.clear();
  for (let row = 0; row < n; row++) {
    if (isACall[row] === 0) continue;
    const caller = of[parent[row] >= 0 ? parent[row] : row];
    const known = pairs.count;
    const pair = pairs.add(callee[row], caller);
    if (pair === MOST_PAIRS) return undefined;
    if (pair === known) {
      callees[pair] = callee[row];
      callers[pair] = caller;
      calls[pair] = 0;
    }
    calls[pair]++;
  }
  const facts: TraceFact[] = [];
  for (let pair = 0; pair < pairs.count; pair++) {
    const { agent, operation } = list[callers[pair]];
    const values = calls[pair] < SAID.length ? SAID[calls[pair]] : valuesOf(calls[pair]);
    const fact = { kind: 'retry_storm', callee: view.strings[callees[pair]], values };
    facts.push({ scope: 'operation', agent, operation, fact });
  }
  return facts;
}
