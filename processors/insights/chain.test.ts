import { describe, expect, test } from 'vitest';
import { findingsOf } from '../detectors/analysed.testkit.ts';
import { chainTrace, fanoutTrace, planned, reactTrace, streamTrace, workflow } from '../detectors/testkit.ts';
import type { TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const look = (spans: readonly TestSpan[]) => insightIn('chain', spans);

describe('finds that many small steps make the time', () => {
  test('60 agents of 80 ms', () => {
    const insight = look(chainTrace());
    expect(insight).toMatchObject({
      found: true,
      agent: 'agent-*',
      operation: 'worker',
      answer:
        '60 agent steps wait for each other from agent-1 on: 82 ms each (the longest 82 ms) add up to 4,920 ms, ' +
        "100 % of the workflow's time.",
    });
    expect(numbersOf(insight)).toEqual({
      depth: 60,
      cumulated_latency: 4920,
      longest_step: 82,
      mean_step: 82,
      serial_share: 1,
    });
    expect(insight?.timeline).toHaveLength(50);
    expect(insight?.timeline[0]).toMatchObject({ label: 'agent-1 (step 1)', startMs: 0, durationMs: 82 });
  });
  test('of 60 × 1 ms too, though that is no incident', () => {
    const spans = chainTrace({ delay: 1 });
    expect(numbersOf(look(spans))).toMatchObject({ depth: 60, cumulated_latency: 180 });
    expect(look(spans)?.found).toBe(true);
    expect(findingsOf('blocking_chain', spans)).toEqual([]);
  });
  test('called by one agent, one after the other', () => {
    expect(look(chainTrace({ siblings: true }))?.found).toBe(true);
  });
  test('20 steps exactly', () => {
    expect(look(chainTrace({ depth: 20 }))?.found).toBe(true);
  });
  test('beside a fan-out that nobody waits for', () => {
    const spans = workflow(function* (s, root) {
      s.start(planned(s, root, { fanout: 20 }));
      for (let i = 0; i < 30; i++) {
        const step = s.open({
          parent: root,
          name: 'worker',
          attributes: { 'ati.role': 'worker', 'gen_ai.agent.name': `a${i}` },
        });
        yield 50;
        step.end();
      }
    });
    expect(numbersOf(look(spans))).toMatchObject({ depth: 30, cumulated_latency: 1500 });
  });
});

describe('answers no', () => {
  test('one step makes most of the time', () => {
    const insight = look(chainTrace({ depth: 30, delay: (step) => (step === 7 ? 5000 : 18) }));
    expect(insight).toMatchObject({
      found: false,
      answer:
        'No chain: of the 5,582 ms of 30 agent steps one after another, one step (agent-7, 5,002 ms) makes 90 %.',
    });
    expect(insight?.timeline.filter((entry) => entry.outcome === 'longest step')).toHaveLength(1);
  });
  test('one step is so long that beside it the others only seem to pass on', () => {
    const insight = look(chainTrace({ depth: 5, delay: (step) => (step === 2 ? 100_000 : 8) }));
    expect(insight).toMatchObject({ found: false, answer: expect.stringContaining('makes 100 %') });
    expect(numbersOf(insight).depth).toBe(5);
  });
  test('one step above a fifth of the whole', () => {
    const insight = look(chainTrace({ depth: 30, delay: (step) => (step === 7 ? 1000 : 80) }));
    expect(insight).toMatchObject({ found: false, answer: expect.stringContaining('makes 30 %') });
  });
  test('19 steps are not deep', () => {
    expect(look(chainTrace({ depth: 19 }))).toMatchObject({
      found: false,
      answer:
        'No long chain: the critical path is 19 agent steps deep, 82 ms each (the longest 82 ms), 1,558 ms in all.',
    });
  });
  test('the time is spent outside of the steps', () => {
    const spans = workflow(function* (s, root) {
      for (let i = 0; i < 30; i++) {
        yield 100;
        const step = s.open({
          parent: root,
          name: 'worker',
          attributes: { 'ati.role': 'worker', 'gen_ai.agent.name': `a${i}` },
        });
        yield 100;
        step.end();
      }
    });
    expect(look(spans)).toMatchObject({
      found: false,
      answer: expect.stringContaining("only 50 % of the workflow's time"),
    });
  });
  test('the number of steps that only pass on does not make a chain', () => {
    const spans = chainTrace({ depth: 40, delay: (step) => (step % 10 === 0 ? 400 : 1) });
    const insight = look(spans);
    expect(insight?.found).toBe(false);
    expect(numbersOf(insight).depth).toBe(4);
  });
});

describe('is not asked', () => {
  test.each([
    ['a ReAct loop of one agent', reactTrace(10)],
    ['a ReAct loop of thirty steps', reactTrace(30)],
    ['a fan-out', fanoutTrace()],
    ['two agents', chainTrace({ depth: 2 })],
    ['a stream', streamTrace()],
    ['an agent that calls itself', chainTrace({ depth: 40, name: () => 'recursive' })],
  ])('%s', (_, spans) => {
    expect(look(spans)).toBeUndefined();
  });
});
