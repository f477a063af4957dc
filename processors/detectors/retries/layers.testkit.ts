/** For tests: work that is tried again at several levels, one inside the other. */
import type { OtlpAttributes } from '#schemas/otlp/write.ts';
import type { TestSpan } from '../../trace/testkit.ts';
import { type Process, type Simulator, toolCall, workflow } from '../testkit.ts';

export interface Layers {
  /** Pieces of work, each by an own worker of the agent `outer`. */
  readonly work: number;
  /** Attempts of each piece at the agent `inner`, of that at the tool, of the tool's client at its server. */
  readonly agents: number;
  readonly tools: number;
  readonly requests?: number;
  /** Whether the last request of all succeeds. */
  readonly heals?: boolean;
  /** Pieces of work that fail at all; all of them without. */
  readonly failing?: number;
  /** Calls of the tool that succeed, by each attempt at the agent. */
  readonly healthy?: number;
}

export const resend = (attempt: number): OtlpAttributes =>
  attempt > 0 ? { 'http.request.resend_count': attempt } : {};

/** A planner's workers that retry an agent, which retries a tool, whose client retries its request. */
export function layeredTrace(layers: Layers): TestSpan[] {
  const { work, agents, tools, requests = 0, heals = false, failing = work, healthy = 0 } = layers;
  return workflow(function* (s, root) {
    for (let i = 0; i < work; i++) {
      const bad = i < failing;
      const attributes = { 'ati.role': 'worker', 'gen_ai.agent.name': 'outer' };
      const worker = s.open({ parent: root, name: 'worker', attributes });
      for (let a = 0; a < (bad ? agents : 1); a++) {
        yield* subAgent(s, worker.id, {
          a,
          tools: bad ? tools : 1,
          requests,
          bad,
          healthy,
          last: heals && a === agents - 1,
        });
      }
      worker.end();
    }
  });
}

interface Attempt {
  readonly a: number;
  readonly tools: number;
  readonly requests: number;
  readonly bad: boolean;
  readonly healthy: number;
  /** Its last call succeeds. */
  readonly last: boolean;
}

function* subAgent(
  s: Simulator,
  parent: number,
  { a, tools, requests, bad, healthy, last }: Attempt,
): Process {
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'inner' };
  const span = s.open({ parent, name: 'invoke_agent inner', attributes: { ...agent, ...resend(a) } });
  for (let i = 0; i < healthy; i++) yield* toolCall(s, span.id, { tool: 'db', delay: 1 });
  for (let t = 0; t < tools; t++) {
    const fails = bad && !(last && t === tools - 1);
    if (requests === 0) yield* toolCall(s, span.id, { tool: 'db', delay: 10, attempt: t, fails });
    else yield* toolWithClient(s, span.id, t, requests, fails);
    yield 5;
  }
  span.end({ error: bad && !last });
}

function* toolWithClient(
  s: Simulator,
  parent: number,
  attempt: number,
  requests: number,
  fails: boolean,
): Process {
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'db', ...resend(attempt) };
  const span = s.open({ parent, name: 'execute_tool', attributes: tool });
  for (let r = 0; r < requests; r++) {
    const failed = fails || r < requests - 1;
    const request = s.open({ parent: span.id, name: 'GET /query', kind: 3, attributes: resend(r) });
    yield 10;
    request.end({ error: failed });
  }
  span.end({ error: fails });
}
