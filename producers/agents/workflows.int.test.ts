import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCENARIOS } from './agent-app/parameters.ts';
import {
  type Agents,
  attribute,
  childrenOf,
  end,
  type JsonSpan,
  named,
  start,
  startAgents,
  text,
} from './testing.ts';

let agents: Agents;
const spansOf = (url: string) => agents.spansOf(url);
beforeAll(async () => {
  agents = await startAgents();
});
afterAll(() => agents.close());

const lasted = (span: JsonSpan) => Number(end(span) - start(span)) / 1e6;
const names = (spans: readonly JsonSpan[]) => spans.map((span) => span.name);
const sizeOf = (span: JsonSpan) => Number(attribute(span, 'http.response.body.size')?.intValue);

describe('dag', () => {
  test('a fork of workers, all at a time; one is slow; a join that answers', async () => {
    const { answer, spans } = await spansOf('/run?scenario=dag&fanout=12&delay_ms=40&slow_factor=6&seed=3');
    const [root] = named(spans, 'workflow');
    expect(names(childrenOf(spans, root))).toEqual(['planner', 'worker']);
    const [planner, aggregator] = childrenOf(spans, root);
    expect(text(aggregator, 'gen_ai.agent.name')).toBe('m1-aggregator');
    expect(names(childrenOf(spans, aggregator))).toEqual(['checkpoint', 'chat']);

    const calls = named(spans, 'tool_call');
    expect(calls).toHaveLength(12);
    expect(answer.toolCalls).toBe(12);
    const byParent = new Map(childrenOf(spans, planner).map((span) => [span.spanId, span]));
    expect(calls.every((call) => byParent.get(call.parentSpanId ?? '')?.name === 'worker')).toBe(true);
    // All run at one moment: nobody waits for a slot.
    const lastStart = Math.max(...calls.map((call) => Number(start(call))));
    expect(Math.min(...calls.map((call) => Number(end(call))))).toBeGreaterThan(lastStart);
    expect(calls.filter((call) => lasted(call) >= 200)).toHaveLength(1);
    expect(end(aggregator) > end(planner)).toBe(true);
  });

  test('the seed chooses the slow branch; slow_factor=1 makes none', async () => {
    const slow = async (seed: number) => {
      const { spans } = await spansOf(`/run?scenario=dag&fanout=9&delay_ms=10&slow_factor=9&seed=${seed}`);
      const servers = named(spans, 'GET /tool/:name');
      return servers.filter((span) => lasted(span) >= 80).length;
    };
    expect(await slow(1)).toBe(1);
    const { spans } = await spansOf('/run?scenario=dag&fanout=9&delay_ms=10&slow_factor=1');
    expect(named(spans, 'tool_call')).toHaveLength(9);
  });
});

describe('react', () => {
  test('one agent: reason, act, observe for each step, and an answer', async () => {
    const { spans } = await spansOf('/run?scenario=react&max_steps=3&tools_per_step=2&delay_ms=4');
    const [root] = named(spans, 'workflow');
    expect(names(childrenOf(spans, root))).toEqual(['worker']);
    const [agent] = named(spans, 'worker');
    const step = ['chat', 'tool_call', 'tool_call', 'checkpoint'];
    // Each begins after the one before has ended, but for the clock's millisecond.
    expect(names(childrenOf(spans, agent))).toEqual([...step, ...step, ...step, 'chat']);
    expect(named(spans, 'planner')).toHaveLength(0);
  });

  test('the seed chooses how many steps there are, and which is slow', async () => {
    const steps = async (seed: number) => {
      const url = `/run?scenario=react&min_steps=1&max_steps=12&delay_ms=2&slow_factor=30&seed=${seed}`;
      const { spans } = await spansOf(url);
      const calls = named(spans, 'tool_call').sort((a, b) => Number(start(a) - start(b)));
      return { count: calls.length, slow: calls.findIndex((call) => lasted(call) >= 59) };
    };
    const runs = [await steps(1), await steps(2), await steps(3), await steps(4)];
    expect(new Set(runs.map(({ count }) => count)).size).toBeGreaterThan(1);
    for (const { count, slow } of runs) {
      expect(count).toBeLessThanOrEqual(12);
      expect(slow).toBeGreaterThanOrEqual(0);
    }
    expect(await steps(2)).toEqual(runs[1]);
  });
});

test('human: the agent works, a person is waited for, the agent goes on', async () => {
  const { spans } = await spansOf('/run?scenario=human&human_delay_s=0.2&delay_ms=4');
  const [agent] = named(spans, 'worker');
  expect(names(childrenOf(spans, agent))).toEqual([
    'chat',
    'tool_call',
    'checkpoint',
    'human_feedback',
    'tool_call',
    'chat',
  ]);
  const [person] = named(spans, 'human_feedback');
  expect(text(person, 'ati.role')).toBe('human');
  expect(lasted(person)).toBeGreaterThanOrEqual(199);
});

describe('rag', () => {
  test('a query, the chunks one after another with the bytes that came, an answer', async () => {
    const { spans } = await spansOf(
      '/run?scenario=rag&rag_chunks=4&rag_chunk_size_kb=100&rag_growth=0.5&delay_ms=1',
    );
    const [agent] = named(spans, 'worker');
    const steps = childrenOf(spans, agent);
    expect(names(steps)).toEqual(['chat', ...Array(4).fill('tool_call'), 'chat']);
    expect(named(steps, 'tool_call').map(sizeOf)).toEqual([102_400, 153_600, 204_800, 256_000]);
    expect(text(steps[1], 'gen_ai.tool.name')).toBe('retrieve');
  });

  test('chunks of one size by default; other calls name no size', async () => {
    const { spans } = await spansOf('/run?scenario=rag&rag_chunks=3&delay_ms=1');
    expect(named(spans, 'tool_call').map(sizeOf)).toEqual([2048, 2048, 2048]);
    const fanout = await spansOf('/run?scenario=fanout&fanout=2&delay_ms=1');
    expect(attribute(named(fanout.spans, 'tool_call')[0], 'http.response.body.size')).toBeUndefined();
  });

  test('at a rate a chunk takes the time of its bytes', async () => {
    const { spans } = await spansOf(
      '/run?scenario=rag&rag_chunks=2&rag_chunk_size_kb=100&rag_mb_per_s=2&delay_ms=1',
    );
    for (const call of named(spans, 'tool_call')) expect(lasted(call)).toBeGreaterThanOrEqual(50);
  });
});

describe('fanout with a straggler', () => {
  test('one call, the same for the same seed, takes so many times the delay', async () => {
    const url = '/run?scenario=fanout&fanout=10&concurrency=10&delay_ms=10&straggler_factor=20&seed=8';
    const { spans } = await spansOf(url);
    expect(named(spans, 'tool_call').filter((call) => lasted(call) >= 199)).toHaveLength(1);
  });
});

describe('stream', () => {
  test('its own tools are calls below it, and it waits for them', async () => {
    const { answer, spans } = await spansOf(
      '/stream?duration_s=1&tool_delay_ms=100&own_tools=2&interval_ms=20',
    );
    const [stream] = named(spans, 'token_stream');
    const tools = childrenOf(spans, stream);
    expect(names(tools)).toEqual(['tool_call', 'tool_call']);
    const offsets = (attribute(stream, 'ati.stream.token_offsets_ms')?.arrayValue?.values ?? []).map(
      ({ intValue }) => Number(intValue),
    );
    expect(offsets).toHaveLength(answer.chunks as number);
    const gaps = offsets.slice(1).map((offset, i) => offset - offsets[i]);
    expect(gaps.filter((gap) => gap >= 99)).toHaveLength(2);
    expect(Number(attribute(stream, 'ati.stream.interval_ms')?.intValue)).toBe(20);
  });

  test('a client that goes away ends the run in order: its spans come, no further work begins', async () => {
    const address = await agents.agent.listen({ host: '127.0.0.1', port: 0 });
    const leaving = new AbortController();
    const response = await fetch(
      `${address}/stream?duration_s=60&tool_delay_ms=20&background_fanout=40&interval_ms=10`,
      { signal: leaving.signal },
    );
    const reader = response.body!.getReader();
    const first = JSON.parse(new TextDecoder().decode((await reader.read()).value).split('\n')[0]) as {
      traceId: string;
    };
    await reader.read();
    leaving.abort();
    await expect.poll(() => agents.pools.size).toBe(0);
    await expect
      .poll(
        async () =>
          named(
            (await agents.received()).filter((span) => span.traceId === first.traceId),
            'workflow',
          ).length,
      )
      .toBe(1);
    const spans = (await agents.received()).filter((span) => span.traceId === first.traceId);
    expect(named(spans, 'token_stream')).toHaveLength(1);
    expect(named(spans, 'planner')).toHaveLength(0); // was to begin after 12 s
    const [root] = named(spans, 'workflow');
    expect(root.status.code ?? 0).toBe(0);
    expect(lasted(root)).toBeLessThan(60_000);
  });
});

describe('every scenario', () => {
  const url = (scenario: string) =>
    scenario === 'stream' ? '/stream?duration_s=1' : `/run?scenario=${scenario}&delay_ms=1`;
  const QUICK: Record<string, string> = {
    human: '&human_delay_s=0.01',
    chain: '&depth=3',
    fanout: '&fanout=5',
    retry: '&fanout=5',
    dag: '&fanout=5',
  };

  test.each(SCENARIOS)('%s: the GenAI names of its roles, and nothing that is said', async (scenario) => {
    const { spans } = await spansOf(url(scenario) + (QUICK[scenario] ?? ''));
    const operations: Record<string, string | undefined> = {
      workflow: 'invoke_agent',
      planner: 'plan',
      worker: 'invoke_agent',
      tool: 'execute_tool',
      chat: 'chat',
      stream: 'chat',
    };
    const roles = spans.filter((span) => text(span, 'ati.role') !== undefined);
    for (const span of roles)
      expect(text(span, 'gen_ai.operation.name')).toBe(operations[text(span, 'ati.role') ?? '']);
    for (const span of spans.filter((each) => text(each, 'gen_ai.operation.name') === 'chat'))
      expect(text(span, 'gen_ai.request.model')).toBe('synthetic-1');
    expect(named(spans, 'checkpoint').length).toBeGreaterThan(0);
    expect(spans.filter((span) => (span.parentSpanId ?? '') === '')).toHaveLength(1);
  });

  test.each(SCENARIOS)('%s: answers with what it used, what is true, and its timings', async (scenario) => {
    const { answer } = await spansOf(url(scenario) + (QUICK[scenario] ?? ''));
    const { parameters, truth, timings } = answer as {
      parameters: { scenario: string; seed: number };
      truth: { failures: unknown[]; insights: unknown[] };
      timings: { startedAt: number; durationMs: number; toolCallMs: { p50: number; max: number } | null };
    };
    expect(parameters.scenario).toBe(scenario);
    expect(Number.isInteger(parameters.seed)).toBe(true);
    expect(truth.failures).toBeInstanceOf(Array);
    expect(truth.insights).toBeInstanceOf(Array);
    expect(timings.startedAt).toBeGreaterThan(1.7e12);
    if (scenario !== 'stream') expect(timings.toolCallMs!.max).toBeLessThanOrEqual(timings.durationMs + 1);
    else expect(timings.toolCallMs).toBeNull();
  });
});

test('two runs without a seed have two', async () => {
  const seed = async () =>
    ((await spansOf('/run?scenario=chain&depth=1&delay_ms=0')).answer.parameters as { seed: number }).seed;
  expect(await seed()).not.toBe(await seed());
});
