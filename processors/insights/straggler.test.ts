import { describe, expect, test } from 'vitest';
import { chainTrace, fanoutTrace, planned, reactTrace, workflow } from '../detectors/testkit.ts';
import type { TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const look = (spans: readonly TestSpan[]) => insightIn('straggler', spans);
/** Equal calls but one. */
const oneSlow = (which: number, slow: number, usual = 80) => ({
  delay: (call: number) => (call === which ? slow : usual),
});
const wide = { fanout: 20, concurrency: 20 };

describe('names the call that delays the batch', () => {
  test('one of twenty that takes five times as long', () => {
    const insight = look(fanoutTrace({ ...wide, ...oneSlow(7, 400) }));
    expect(insight).toMatchObject({ found: true, agent: 'planner', operation: 'planner' });
    expect(insight?.answer).toBe(
      'tool_call search #8 of 20 took 402 ms against a median of 82 ms and delayed the batch: ' +
        'with the median instead the trace would have ended 320 ms sooner.',
    );
    expect(numbersOf(insight)).toEqual({
      siblings: 20,
      median: 82,
      slowest: 402,
      robust_z: 52.6439,
      beyond_next: 320,
      impact: 320,
      last_wait: 0,
      last_service: 402,
    });
    expect(insight?.timeline.filter((entry) => entry.outcome === 'delayed the batch')).toEqual([
      {
        label: 'tool_call search #8: waited 0 ms, served in 402 ms',
        startMs: 0,
        durationMs: 402,
        outcome: 'delayed the batch',
      },
    ]);
  });
  test('without workers, also where it runs alone for most of the time', () => {
    expect(look(fanoutTrace({ ...wide, ...oneSlow(7, 400), workers: false }))?.found).toBe(true);
    expect(look(fanoutTrace({ ...wide, ...oneSlow(7, 9000), workers: false }))?.found).toBe(true);
  });
  test('exactly five siblings', () => {
    expect(look(fanoutTrace({ fanout: 5, ...oneSlow(2, 400) }))?.found).toBe(true);
  });
  test('at the end of a queue: its service is what stands out, its wait is not', () => {
    const insight = look(fanoutTrace({ fanout: 100, concurrency: 20, ...oneSlow(90, 400) }));
    expect(insight?.found).toBe(true);
    expect(numbersOf(insight)).toMatchObject({
      slowest: 402,
      impact: 320,
      last_wait: 328,
      last_service: 402,
    });
  });
  test('that was tried again, where its attempts were slow', () => {
    const insight = look(
      fanoutTrace({
        ...wide,
        ...oneSlow(3, 400),
        retries: { fails: (call, attempt) => call === 3 && attempt === 0, max: 3 },
      }),
    );
    expect(insight?.found).toBe(true);
    expect(insight?.answer).toContain(
      '#4 of 20 took 402 ms in one of its 2 attempts against a median of 82 ms',
    );
  });
  test('the impact ends where something else would have been waited for', () => {
    const spans = workflow(function* (s, root) {
      const beside = s.open({ parent: root, name: 'index' });
      s.start(
        (function* () {
          yield 300;
          beside.end();
        })(),
      );
      yield* planned(s, root, { ...wide, ...oneSlow(7, 400) });
    });
    expect(numbersOf(look(spans))).toMatchObject({ beyond_next: 320, impact: 102 });
  });
  test('of several batches in the one that owns most of the path', () => {
    const spans = workflow(function* (s, root) {
      yield* planned(s, root, { fanout: 30, concurrency: 30, tool: 'search', ...oneSlow(3, 300) });
      yield* planned(s, root, { fanout: 10, concurrency: 10, tool: 'index', delay: 900 });
    });
    expect(look(spans)).toMatchObject({
      found: false,
      answer:
        'No straggler: the 10 calls of tool_call index are even, the slowest took 902 ms against a median of 902 ms.',
    });
  });
});

describe('answers no', () => {
  test('all even', () => {
    const insight = look(fanoutTrace(wide));
    expect(insight).toMatchObject({ found: false, answer: expect.stringContaining('are even') });
    expect(numbersOf(insight)).toMatchObject({ robust_z: 0, beyond_next: 0, impact: 0 });
  });
  test('the last finisher queued: it is no slower than the others', () => {
    const insight = look(fanoutTrace());
    expect(insight).toMatchObject({
      found: false,
      answer:
        'No straggler among 100 calls of tool_call search: the last to finish (#81) waited 328 ms in the queue for ' +
        '82 ms of service, which is queueing, not slowness.',
    });
    expect(numbersOf(insight)).toMatchObject({ last_wait: 328, last_service: 82 });
  });
  test('the last finisher was tried again: what it waited between is not the callee’s slowness', () => {
    const spans = fanoutTrace({
      ...wide,
      retries: { fails: (call, attempt) => call === 3 && attempt < 3, max: 3 },
      delay: 20,
    });
    const insight = look(spans);
    expect(insight?.found).toBe(false);
    expect(insight?.answer).toContain(
      'waited 350 ms in the queue and between attempts for 88 ms of service in 4 attempts, ' +
        'which is queueing and retrying, not slowness.',
    );
  });
  test('the last finisher was tried four times, each attempt as long as any call: that is no slowness', () => {
    const spans = fanoutTrace({
      ...wide,
      retries: { fails: (call, attempt) => call === 3 && attempt < 3, max: 3 },
      delay: 400,
    });
    expect(look(spans)).toMatchObject({ found: false });
    expect(numbersOf(look(spans))).toMatchObject({ slowest: 402, beyond_next: 0, last_service: 1608 });
  });
  test('a slow call that ends before the queue is empty: the batch did not wait for it', () => {
    const insight = look(fanoutTrace({ ...oneSlow(0, 300) }));
    expect(insight?.found).toBe(false);
    expect(numbersOf(insight)).toMatchObject({ slowest: 302, beyond_next: 220, impact: 0 });
    expect(insight?.answer).toContain('but the batch did not wait for it; the last to finish');
  });
  test('a slow call that ends with the queue: without it the batch takes as long', () => {
    const spans = fanoutTrace({ fanout: 40, concurrency: 20, delay: (call) => (call === 0 ? 166 : 80) });
    expect(look(spans)?.found).toBe(false);
  });
  test('two slow calls: no single one delays the batch', () => {
    const spans = fanoutTrace({ ...wide, delay: (call) => (call === 3 || call === 9 ? 400 : 80) });
    expect(look(spans)).toMatchObject({
      found: false,
      answer: expect.stringContaining('No single straggler'),
    });
  });
  test('1.5 times the median is not slow, whatever the others scatter', () => {
    expect(look(fanoutTrace({ ...wide, ...oneSlow(3, 1198, 798) }))?.found).toBe(false);
    expect(look(fanoutTrace({ ...wide, ...oneSlow(3, 1204, 798) }))?.found).toBe(true);
  });
  test('99 ms beyond the next-slowest are nobody’s worry', () => {
    expect(look(fanoutTrace({ ...wide, ...oneSlow(3, 179) }))?.found).toBe(false);
    expect(look(fanoutTrace({ ...wide, ...oneSlow(3, 180) }))?.found).toBe(true);
  });
  test('calls of very different length', () => {
    const spans = fanoutTrace({ ...wide, delay: (call) => 100 + ((call * 37) % 20) * 100 });
    expect(look(spans)).toMatchObject({ found: false });
  });
  test('calls that scatter so widely that the slowest is no surprise', () => {
    const spans = fanoutTrace({ ...wide, delay: (call) => (call === 19 ? 2498 : 98 + call * 100) });
    expect(look(spans)).toMatchObject({
      found: false,
      answer:
        'No straggler: tool_call search #20 of 20 took 2,500 ms against a median of 1,000 ms, ' +
        'no further from it than the others scatter (robust z 2.0).',
    });
  });
  test('offered together to one slot: they queue, though they run in turn', () => {
    const insight = look(fanoutTrace({ fanout: 10, concurrency: 1 }));
    expect(insight).toMatchObject({ found: false, answer: expect.stringContaining('which is queueing') });
    expect(numbersOf(insight)).toMatchObject({ last_wait: 738, last_service: 82 });
  });
  test('a batch in the background that nothing waited for', () => {
    const spans = workflow(function* (s, root) {
      s.start(planned(s, root, { ...wide, ...oneSlow(7, 400) }));
      yield 2000;
    });
    const longer: TestSpan = { id: 900, parent: 1, name: 'chat model', start: 0, end: 2000, kind: 3 };
    expect(look([...spans, longer])).toMatchObject({
      found: false,
      answer: expect.stringContaining('not on the critical path, nothing waited for them'),
      timeline: [],
    });
  });
});

describe('is not asked', () => {
  test.each([
    ['four siblings', fanoutTrace({ fanout: 4, ...oneSlow(2, 400) })],
    ['a chain', chainTrace()],
    ['a ReAct loop', reactTrace(10)],
    ['ten rounds of two tools', reactTrace(10, 2)],
    [
      'siblings one after the other, of which one is slow',
      workflow(function* (s, root) {
        for (let i = 0; i < 10; i++) {
          const call = s.open({ parent: root, name: 'tool_call', kind: 3 });
          yield i === 4 ? 800 : 80;
          call.end();
        }
      }),
    ],
  ])('%s', (_, spans) => {
    expect(look(spans)).toBeUndefined();
  });
});
