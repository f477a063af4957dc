import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Agents, attribute, type JsonSpan, named, start, startAgents } from './testing.ts';

let agents: Agents;
const spansOf = (url: string) => agents.spansOf(url);
beforeAll(async () => {
  agents = await startAgents();
});
afterAll(() => agents.close());

describe('fanout', () => {
  test('one trace: workflow, planner, workers, tool calls with their server spans, a checkpoint', async () => {
    const { answer, spans } = await spansOf('/run?scenario=fanout&fanout=12&concurrency=3&delay_ms=10');
    expect(answer.toolCalls).toBe(12);
    const [root] = named(spans, 'workflow');
    expect(root.parentSpanId ?? '').toBe('');
    const [planner] = named(spans, 'planner');
    expect(planner.parentSpanId).toBe(root.spanId);
    const workers = named(spans, 'worker');
    expect(workers).toHaveLength(12);
    expect(new Set(workers.map((span) => span.parentSpanId))).toEqual(new Set([planner.spanId]));
    const calls = named(spans, 'tool_call');
    expect(new Set(calls.map((span) => span.parentSpanId))).toEqual(
      new Set(workers.map((span) => span.spanId)),
    );
    const servers = named(spans, 'GET /tool/:name');
    expect(new Set(servers.map((span) => span.parentSpanId))).toEqual(
      new Set(calls.map((span) => span.spanId)),
    );
    expect(named(spans, 'checkpoint')).toHaveLength(1);
    expect(attribute(planner, 'gen_ai.agent.name')?.stringValue).toBe('m1-planner');
  });

  test('never more than `concurrency` calls at once: the rest waits in its worker span', async () => {
    const { spans } = await spansOf('/run?scenario=fanout&fanout=12&concurrency=3&delay_ms=10');
    const calls = named(spans, 'tool_call');
    // The SDK rounds starts down to the millisecond, so a successor may seem to start before its slot was free.
    const rounding = 1_000_000n;
    const holding = (at: bigint) =>
      calls.filter((span) => start(span) <= at && at < BigInt(span.endTimeUnixNano) - rounding).length;
    expect(Math.max(...calls.map((span) => holding(start(span))))).toBe(3);
    // Workers are offered together, calls are not.
    const spread = (all: JsonSpan[]) => {
      const starts = all.map((span) => Number(start(span) - start(calls[0])));
      return Math.max(...starts) - Math.min(...starts);
    };
    expect(spread(named(spans, 'worker'))).toBeLessThan(spread(calls));
  });
});

test('chain: each agent is the child of the one before', async () => {
  const { spans } = await spansOf('/run?scenario=chain&depth=7&delay_ms=1');
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const name = (span: JsonSpan) => attribute(span, 'gen_ai.agent.name')?.stringValue;
  let last = named(spans, 'worker').find((span) => name(span) === 'm1-agent-7');
  const chain: (string | undefined)[] = [];
  while (last && last.name === 'worker') {
    chain.push(name(last));
    last = byId.get(last.parentSpanId ?? '');
  }
  expect(chain).toEqual([7, 6, 5, 4, 3, 2, 1].map((i) => `m1-agent-${i}`));
});

describe('retry', () => {
  const url = (seed: number) =>
    `/run?scenario=retry&fanout=30&concurrency=30&delay_ms=1&error_rate=0.2&max_retries=1&seed=${seed}`;

  test('real 5xx answers; a retry carries its resend count and follows its failure', async () => {
    const { answer, spans } = await spansOf(url(3));
    const calls = named(spans, 'tool_call');
    const failed = calls.filter((span) => span.status.code === 2);
    expect(failed).toHaveLength(answer.toolErrors as number);
    expect(failed.length).toBeGreaterThan(0);
    for (const span of failed) expect(attribute(span, 'error.type')?.stringValue).toBe('503');
    const retries = calls.filter((span) => attribute(span, 'http.request.resend_count') !== undefined);
    expect(calls).toHaveLength(30 + retries.length);
    for (const retry of retries) {
      const first = failed.find((span) => span.parentSpanId === retry.parentSpanId && span !== retry);
      expect(first).toBeDefined();
      expect(BigInt(first!.endTimeUnixNano) < start(retry)).toBe(true);
    }
  });

  test('a seed makes the failures repeatable', async () => {
    const [a, b] = [await spansOf(url(5)), await spansOf(url(5))];
    expect(a.answer.toolErrors).toBe(b.answer.toolErrors);
    expect(a.answer.toolCalls).toBe(b.answer.toolCalls);
  });
});

test('stream: every chunk is emitted and its offset is on the span', async () => {
  const { answer, spans } = await spansOf('/stream?duration_s=1&tool_delay_ms=20&background_fanout=25');
  const [stream] = named(spans, 'token_stream');
  const offsets = attribute(stream, 'ati.stream.token_offsets_ms')?.arrayValue?.values ?? [];
  expect(offsets).toHaveLength(answer.chunks as number);
  expect(named(spans, 'tool_call')).toHaveLength(25);
});

test('a tool streams its answer in chunks and its span ends with it', async () => {
  const response = await agents.tools.inject('/tool/search?stream=1&delay_ms=20');
  expect(response.body.trim().split('\n')).toHaveLength(10);
});
