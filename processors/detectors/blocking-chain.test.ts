import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../trace/testkit.ts';
import { findingsOf, measure } from './analysed.testkit.ts';
import {
  chainTrace,
  fanoutTrace,
  planned,
  reactTrace,
  retryTrace,
  streamTrace,
  toolCall,
  workflow,
} from './testkit.ts';

const found = (spans: readonly TestSpan[]) => findingsOf('blocking_chain', spans);
const human = { 'ati.role': 'human' };

describe('fires', () => {
  test('60 agents of 80 ms, each of which waits for the next', () => {
    const [finding] = found(chainTrace());
    expect(finding).toMatchObject({
      agent: 'agent-*',
      operation: 'worker',
      signature: 'worker agent-*',
      severity: 'warning',
      root: true,
    });
    const values = Object.fromEntries(finding.evidence.map(({ name, value }) => [name, value]));
    expect(values).toEqual({
      depth: 60,
      cumulated_latency: 4920,
      longest_step: 82,
      mean_step: 82,
      possible_saving: 4838,
      serial_share: 1,
      longest_step_share: 0.0167,
    });
  });
  test.each([
    ['one after the other under one caller', chainTrace({ siblings: true })],
    ['20 agents', chainTrace({ depth: 20 })],
    ['agents of uneven length', chainTrace({ delay: (step) => 30 + ((step * 53) % 120) })],
    [
      'agents with other names',
      chainTrace({ name: (step) => `${['anna', 'bert', 'carl'][step % 3]}-${step}` }),
    ],
    ['300 agents', chainTrace({ depth: 300, delay: 20 })],
  ])('%s', (_, spans) => {
    expect(found(spans)).toHaveLength(1);
  });
  test('nested and sequential chains of the same agents are the same incident', () => {
    expect(found(chainTrace({ siblings: true }))[0].incidentId).toBe(found(chainTrace())[0].incidentId);
  });
  test('a chain of 200 that takes 16 s is critical', () => {
    expect(found(chainTrace({ depth: 200 }))[0].severity).toBe('critical');
  });
  test('with a person in it, whose time does not count', () => {
    const spans = workflow(function* (s, root) {
      const agents = function* (from: number, to: number) {
        for (let i = from; i <= to; i++) {
          const span = s.open({
            parent: root,
            name: 'worker',
            attributes: { 'gen_ai.agent.name': `agent-${i}` },
          });
          yield* toolCall(s, span.id, { tool: 'lookup', delay: 80 });
          span.end();
        }
      };
      yield* agents(1, 15);
      const wait = s.open({ parent: root, name: 'human_review', attributes: human });
      yield 600_000;
      wait.end();
      yield* agents(16, 30);
    });
    expect(measure(found(spans)[0], 'cumulated_latency')).toBe(30 * 82);
  });
});

describe('stays silent', () => {
  test.each([
    ['a chain of 60 × 1 ms', chainTrace({ delay: 1 })],
    ['19 agents', chainTrace({ depth: 19 })],
    ['one agent that is half of it', chainTrace({ depth: 40, delay: (step) => (step === 20 ? 2400 : 60) })],
    [
      'six agents behind fourteen that only pass on',
      chainTrace({ depth: 20, delay: (step) => (step % 4 ? 0 : 300) }),
    ],
    ['a ReAct loop of 10', reactTrace(10)],
    ['a ReAct loop of 30', reactTrace(30)],
    ['a ReAct loop of 200: one agent', reactTrace(200)],
    ['one agent invoked 60 times', chainTrace({ siblings: true, name: () => 'solver' })],
    ['one agent that calls itself', chainTrace({ name: () => 'solver' })],
    [
      'two agents in turn under one caller',
      chainTrace({ siblings: true, name: (step) => `agent-${step % 2}` }),
    ],
    ['ten rounds of two tools', reactTrace(10, 2)],
    ['a fan-out', fanoutTrace()],
    ['a healthy fan-out', fanoutTrace({ concurrency: 100 })],
    ['a fan-out on one slot', fanoutTrace({ concurrency: 1 })],
    ['retries', retryTrace(0.1)],
    ['a starved stream', streamTrace()],
  ])('%s', (_, spans) => {
    expect(found(spans)).toEqual([]);
  });

  test('30 agents side by side', () => {
    const spans = workflow(function* (s, root) {
      for (let i = 0; i < 30; i++) {
        const span = s.open({
          parent: root,
          name: 'worker',
          attributes: { 'gen_ai.agent.name': `agent-${i}` },
        });
        s.start(
          (function* () {
            yield 2000 + i;
            span.end();
          })(),
        );
      }
      yield 3000;
    });
    expect(found(spans)).toEqual([]);
  });

  test('a chain beside which the workflow mostly does something else', () => {
    const spans = workflow(function* (s, root) {
      for (let i = 0; i < 25; i++) {
        const span = s.open({
          parent: root,
          name: 'worker',
          attributes: { 'gen_ai.agent.name': `agent-${i}` },
        });
        yield 80;
        span.end();
      }
      yield* planned(s, root, { fanout: 20, delay: 3000 });
    });
    expect(found(spans)).toEqual([]);
  });

  test('a long human wait with a few steps around it', () => {
    const spans = workflow(function* (s, root) {
      for (let i = 0; i < 5; i++) {
        const span = s.open({ parent: root, name: 'human_review', attributes: human });
        yield 60_000;
        span.end();
        yield* toolCall(s, root, { tool: 'apply', delay: 100 });
      }
    });
    expect(found(spans)).toEqual([]);
  });
});

describe('at the limits', () => {
  /** `depth` agents one after the other of `step` ms each, the first of `first`; `rest` ms that are no agent's. */
  const agents = (depth: number, step: number, first = step, rest = 0) =>
    workflow(function* (s, root) {
      for (let i = 0; i < depth; i++) {
        const attributes = { 'gen_ai.agent.name': `agent-${i}` };
        const span = s.open({ parent: root, name: 'worker', attributes });
        yield i === 0 ? first : step;
        span.end();
      }
      yield rest;
    });
  test.each([
    ['19 steps', agents(19, 100), []],
    ['20 steps', agents(20, 100), ['warning']],
    ['999 ms', agents(20, 49.95), []],
    ['1000 ms', agents(20, 50), ['warning']],
    ['just below four fifths of the time', agents(20, 100, 100, 501), []],
    ['four fifths of the time', agents(20, 100, 100, 500), ['warning']],
    ['a step that is a fifth of the whole', agents(21, 100, 500), ['warning']],
    ['a step that is a little more', agents(21, 100, 501), []],
    ['39 steps of 10 s', agents(39, 260), ['warning']],
    ['40 steps of 9,996 ms', agents(40, 249.9), ['warning']],
    ['40 steps of 10 s', agents(40, 250), ['critical']],
  ])('%s', (_, spans, expected) => {
    expect(found(spans).map((finding) => finding.severity)).toEqual(expected);
  });
  test('a step of a tenth of the mean counts, a shorter one only passes on', () => {
    const depth = (short: number) => measure(found(chainOfTwo(short))[0], 'depth');
    expect(depth(7.9)).toBe(30);
    expect(depth(7.8)).toBe(20);
  });
  /** Twenty steps of 114 ms and ten of `short` ms: at 7.93 ms those are a tenth of the mean. */
  const chainOfTwo = (short: number) =>
    workflow(function* (s, root) {
      for (let i = 0; i < 30; i++) {
        const span = s.open({
          parent: root,
          name: 'worker',
          attributes: { 'gen_ai.agent.name': `agent-${i}` },
        });
        yield i % 3 ? 114 : short;
        span.end();
      }
    });
});

test('each recommendation can be computed again from the evidence', () => {
  const [finding] = found(chainTrace({ depth: 41, delay: (step) => 78 + (step % 3) * 10 }));
  const e = (name: string) => measure(finding, name);
  expect(e('possible_saving')).toBe(e('cumulated_latency') - e('longest_step'));
  const [restructure, batch] = finding.recommendations.map((each) => each.text);
  expect(restructure).toContain('if all 41 could, 100 ms (the longest step) would remain of 3,700 ms');
  expect(restructure).toContain('at most 3,600 ms can be saved');
  expect(batch).toContain('21 steps instead of 41');
  expect(batch).toContain(`about ${Math.round((e('cumulated_latency') / 41) * 21).toLocaleString('en')} ms`);
});
