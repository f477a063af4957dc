import { createHash } from 'node:crypto';
import type { OtlpAttributes, OtlpSpan, OtlpTraces } from '#schemas/otlp/write.ts';

/** A trace as an agent would export it, with what it is made of. */
export interface MadeTrace {
  readonly traceId: string;
  readonly spans: readonly OtlpSpan[];
}

/** Deterministic ids from a name. */
const hex = (name: string, digits: number) =>
  createHash('sha256').update(name).digest('hex').slice(0, digits);

/** Collects the spans of one trace; times in ms from `startMs` (unix ms). */
class Builder {
  readonly traceId: string;
  readonly spans: OtlpSpan[] = [];
  readonly #start: bigint;

  constructor(name: string, startMs: number) {
    this.traceId = hex(name, 32);
    this.#start = BigInt(startMs) * 1_000_000n;
  }

  /** Adds a span and gives its id. */
  span(
    name: string,
    parent: string | undefined,
    from: number,
    to: number,
    attributes: OtlpAttributes,
    more: Partial<OtlpSpan> = {},
  ): string {
    const spanId = hex(`${this.traceId}/${this.spans.length}`, 16);
    this.spans.push({
      traceId: this.traceId,
      spanId,
      ...(parent !== undefined && { parentSpanId: parent }),
      name,
      kind: 1,
      startTimeUnixNano: this.#start + BigInt(Math.round(from * 1e6)),
      endTimeUnixNano: this.#start + BigInt(Math.round(to * 1e6)),
      attributes,
      ...more,
    });
    return spanId;
  }
}

const agent = (role: string, name: string) => ({
  'ati.role': role,
  'gen_ai.operation.name': 'invoke_agent',
  'gen_ai.agent.name': name,
});
const tool = (name: string) => ({
  'ati.role': 'tool',
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': name,
});

/** `width` calls of `serviceMs` offered at once to `slots` slots: collapses when width is well above slots. */
export function fanoutTrace(
  name: string,
  startMs: number,
  width = 60,
  slots = 10,
  serviceMs = 80,
): MadeTrace {
  const trace = new Builder(name, startMs);
  const rounds = Math.ceil(width / slots);
  const total = rounds * serviceMs + 10;
  const root = trace.span('workflow', undefined, 0, total, agent('workflow', 'fanout-workflow'));
  const planner = trace.span('planner', root, 1, total - 1, agent('planner', 'planner'));
  for (let call = 0; call < width; call++) {
    const begin = 2 + Math.floor(call / slots) * serviceMs;
    // A little spread, as real calls have.
    const end = begin + serviceMs - (call % slots) / 10;
    const worker = trace.span('worker', planner, 2, end, agent('worker', 'researcher'));
    trace.span('tool_call', worker, begin, end, tool('search'), { kind: 3 });
  }
  return trace;
}

/** As many slots as calls: healthy. */
export function healthyTrace(name: string, startMs: number): MadeTrace {
  return fanoutTrace(name, startMs, 8, 8, 40);
}

/** Agents that wait for one another. */
export function chainTrace(name: string, startMs: number, depth = 30, stepMs = 60): MadeTrace {
  const trace = new Builder(name, startMs);
  const total = depth * stepMs;
  let parent = trace.span('workflow', undefined, 0, total + 2, agent('workflow', 'chain-workflow'));
  for (let i = 0; i < depth; i++) {
    parent = trace.span('worker', parent, i * stepMs + 1, total + 1, agent('worker', `agent-${i + 1}`));
    trace.span('tool_call', parent, i * stepMs + 1, (i + 1) * stepMs, tool('lookup'), { kind: 3 });
  }
  return trace;
}

/** One call in `every` fails once and is retried after a back-off. */
export function retryTrace(name: string, startMs: number, calls = 40, every = 4): MadeTrace {
  const trace = new Builder(name, startMs);
  const root = trace.span('workflow', undefined, 0, 400, agent('workflow', 'retry-workflow'));
  const planner = trace.span('planner', root, 1, 399, agent('planner', 'planner'));
  for (let call = 0; call < calls; call++) {
    const retried = call % every === 0;
    const worker = trace.span('worker', planner, 2, retried ? 300 : 100, agent('worker', 'caller'));
    const failed = { ...tool('flaky'), 'error.type': '503' };
    if (retried) trace.span('tool_call', worker, 2, 82, failed, { kind: 3, status: { code: 2 } });
    const again = { ...tool('flaky'), 'http.request.resend_count': 1 };
    trace.span('tool_call', worker, retried ? 150 : 2, retried ? 230 : 82, retried ? again : tool('flaky'), {
      kind: 3,
    });
  }
  return trace;
}

/** One export request of whole traces or parts of them. */
export function exportOf(spans: readonly OtlpSpan[], service = 'workload'): OtlpTraces {
  return {
    resourceSpans: [
      {
        resource: { attributes: { 'service.name': service, 'service.instance.id': `${service}-1` } },
        scopeSpans: [{ scope: { name: 'ati.test' }, spans }],
      },
    ],
  };
}
