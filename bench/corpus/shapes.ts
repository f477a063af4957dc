/** What a run of the corpus's workflows looks like when it is well, and in the four ways in which it fails. */
import { agent, COMMON, chat, tool } from './attributes.ts';
import { type Shape, ShapeBuilder } from './builder.ts';

const WORKERS = 7;
const CLIENT = { kind: 3 };

/** 25 spans: a planner hands seven tasks to as many workers; each asks its model, then a tool. */
export function healthy(operation: string, variant: number): Shape {
  const trace = new ShapeBuilder(COMMON);
  // A little spread, as real calls have; the same for each variant.
  const spread = (call: number) => ((variant * 7 + call * 13) % 11) * 1.5;
  const slowest = 200 + spread(3) + 20;
  const root = trace.span(
    'gateway',
    `invoke_agent ${operation}`,
    undefined,
    0,
    slowest + 70,
    agent('workflow', operation),
  );
  const planner = trace.span(
    'planner',
    'invoke_agent planner',
    root,
    2,
    slowest + 60,
    agent('planner', 'planner'),
  );
  trace.span('planner', 'chat claude-sonnet-4', planner, 3, 38, chat(940, 71), CLIENT);
  for (let call = 0; call < WORKERS; call++) {
    const begin = 40 + call / 10;
    const asked = begin + 60 + spread(call);
    const end = asked + 80 + spread(call + 3);
    const worker = trace.span(
      'workers',
      'invoke_agent researcher',
      planner,
      begin,
      end + 1,
      agent('worker', 'researcher'),
    );
    trace.span('workers', 'chat claude-sonnet-4', worker, begin + 1, asked, chat(1_310 + call, 212), CLIENT);
    trace.span('tools', 'execute_tool search', worker, asked + 0.5, end, tool('search'), CLIENT);
  }
  trace.span('planner', 'chat claude-sonnet-4', planner, slowest + 5, slowest + 58, chat(2_204, 340), CLIENT);
  return trace.shape();
}

/** 48 tools offered at once to six slots. */
export function collapsed(operation: string): Shape {
  const trace = new ShapeBuilder(COMMON);
  const [width, slots, serviceMs] = [48, 6, 80];
  const total = (width / slots) * serviceMs + 10;
  const root = trace.span(
    'gateway',
    `invoke_agent ${operation}`,
    undefined,
    0,
    total,
    agent('workflow', operation),
  );
  const planner = trace.span(
    'planner',
    'invoke_agent planner',
    root,
    1,
    total - 1,
    agent('planner', 'planner'),
  );
  for (let call = 0; call < width; call++) {
    const begin = 2 + Math.floor(call / slots) * serviceMs;
    const end = begin + serviceMs - (call % slots) / 10;
    const worker = trace.span(
      'workers',
      'invoke_agent researcher',
      planner,
      2,
      end,
      agent('worker', 'researcher'),
    );
    trace.span('tools', 'execute_tool search', worker, begin, end, tool('search'), CLIENT);
  }
  return trace.shape();
}

/** Twenty agents that wait for one another. */
export function chained(operation: string): Shape {
  const trace = new ShapeBuilder(COMMON);
  const [depth, stepMs] = [20, 60];
  const total = depth * stepMs;
  let parent = trace.span(
    'gateway',
    `invoke_agent ${operation}`,
    undefined,
    0,
    total + 2,
    agent('workflow', operation),
  );
  for (let i = 0; i < depth; i++) {
    const name = `agent-${i + 1}`;
    parent = trace.span(
      'workers',
      `invoke_agent ${name}`,
      parent,
      i * stepMs + 1,
      total + 1,
      agent('worker', name),
    );
    trace.span(
      'tools',
      'execute_tool lookup',
      parent,
      i * stepMs + 1,
      (i + 1) * stepMs,
      tool('lookup'),
      CLIENT,
    );
  }
  return trace.shape();
}

/** Every fourth of forty calls fails once and is tried again. */
export function retried(operation: string): Shape {
  const trace = new ShapeBuilder(COMMON);
  const root = trace.span(
    'gateway',
    `invoke_agent ${operation}`,
    undefined,
    0,
    400,
    agent('workflow', operation),
  );
  const planner = trace.span('planner', 'invoke_agent planner', root, 1, 399, agent('planner', 'planner'));
  const failure = { ...CLIENT, status: { code: 2 } };
  for (let call = 0; call < 40; call++) {
    const fails = call % 4 === 0;
    const worker = trace.span(
      'workers',
      'invoke_agent caller',
      planner,
      2,
      fails ? 300 : 100,
      agent('worker', 'caller'),
    );
    const name = 'execute_tool flaky';
    if (!fails) trace.span('tools', name, worker, 2, 82, tool('flaky'), CLIENT);
    else {
      trace.span('tools', name, worker, 2, 82, { ...tool('flaky', 503), 'error.type': '503' }, failure);
      trace.span(
        'tools',
        name,
        worker,
        150,
        230,
        { ...tool('flaky'), 'http.request.resend_count': 1 },
        CLIENT,
      );
    }
  }
  return trace.shape();
}

/** A token stream that stands still for two seconds while other work runs. */
export function starved(operation: string): Shape {
  const trace = new ShapeBuilder(COMMON);
  const [chunks, paceMs, stallMs] = [40, 40, 2_400];
  const length = chunks * paceMs + stallMs;
  const offsets = Array.from({ length: chunks }, (_, i) => i * paceMs + (i < chunks / 2 ? 0 : stallMs));
  const root = trace.span(
    'gateway',
    `invoke_agent ${operation}`,
    undefined,
    0,
    length + 10,
    agent('workflow', operation),
  );
  const streamed = {
    ...chat(1_800, 40),
    'ati.role': 'stream',
    'ati.stream.token_offsets_ms': offsets,
    'ati.stream.interval_ms': paceMs,
  };
  trace.span('gateway', 'chat claude-sonnet-4', root, 2, length + 2, streamed, CLIENT);
  const planner = trace.span(
    'planner',
    'invoke_agent indexer',
    root,
    1,
    length + 5,
    agent('planner', 'indexer'),
  );
  const stall = (chunks / 2) * paceMs;
  for (let call = 0; call < 12; call++) {
    const worker = trace.span(
      'workers',
      'invoke_agent embedder',
      planner,
      3,
      length,
      agent('worker', 'embedder'),
    );
    trace.span(
      'tools',
      'execute_tool embed',
      worker,
      stall - 20,
      stall + stallMs + call,
      tool('embed'),
      CLIENT,
    );
  }
  return trace.shape();
}
