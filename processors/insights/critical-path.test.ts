import { describe, expect, test } from 'vitest';
import { chainTrace, fanoutTrace, planned, reactTrace, streamTrace, workflow } from '../detectors/testkit.ts';
import type { TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

const look = (spans: readonly TestSpan[]) => insightIn('critical_path', spans);

/** A workflow with the given children: [start, end] in ms, and what else they are. */
function branches(...children: (readonly [number, number, Partial<TestSpan>?])[]): TestSpan[] {
  const end = Math.max(...children.map((child) => child[1]));
  return [
    { id: 1, name: 'workflow', start: 0, end },
    ...children.map(
      ([start, to, rest], i): TestSpan => ({
        id: i + 2,
        parent: 1,
        name: `branch-${i}`,
        start,
        end: to,
        ...rest,
      }),
    ),
  ];
}
/** Fork and join of the dag scenario: one branch takes longer. */
const diamond = (width: number, slow: number) =>
  workflow(function* (s, root) {
    yield* planned(s, root, {
      fanout: width,
      concurrency: width,
      delay: (call) => (call === 2 ? slow : 80),
    });
    const aggregator = s.open({ parent: root, name: 'chat model', kind: 3 });
    yield 40;
    aggregator.end();
  });

describe('names the branch that the join waited for', () => {
  test('one of a hundred', () => {
    const insight = look(diamond(100, 400));
    expect(insight).toMatchObject({ found: true, agent: 'planner', operation: 'planner' });
    expect(insight?.answer).toBe(
      'planner (agent planner) forked 100 branches and its join waited for one, worker researcher #3: it ended ' +
        '402 ms after the fork, the next 82 ms after it, while 99 branches had finished early and merely waited ' +
        '(31.7 s of slack in all). The critical path takes 442 ms over 3 spans.',
    );
    expect(numbersOf(insight)).toEqual({
      path_length: 442,
      path_spans: 3,
      branches: 100,
      waited_branches: 99,
      slowest_branch: 402,
      next_branch: 82,
      slack_total: 31_680,
    });
    expect(insight?.timeline).toHaveLength(50);
    expect(insight?.timeline.filter((entry) => entry.outcome === 'on the path')).toEqual([
      { label: 'worker researcher #3', startMs: 0, durationMs: 402, outcome: 'on the path' },
    ]);
    expect(insight?.timeline[0].outcome).toBe('waited 320 ms');
  });
  test('one of two', () => {
    expect(look(branches([0, 300], [0, 100]))).toMatchObject({ found: true });
  });
  test('exactly 100 ms beyond the next', () => {
    expect(look(branches([0, 200], [0, 100]))?.found).toBe(true);
    expect(look(branches([0, 199], [0, 100]))?.found).toBe(false);
  });
  test('exactly half of what the others take', () => {
    expect(look(branches([0, 1500], [0, 1000], [0, 1000]))?.found).toBe(true);
    expect(look(branches([0, 1499], [0, 1000], [0, 1000]))?.found).toBe(false);
  });
  test('of several forks the one whose join waited longest', () => {
    const spans = branches([0, 300], [0, 100], [400, 500], [400, 1400]);
    expect(look(spans)?.answer).toContain('branch-* #2: it ended 1,000 ms after the fork');
  });
  test('a call that was tried again is one branch with all its attempts', () => {
    const attempt = (n: number, error: boolean) => ({
      name: 'tool_call',
      kind: 3,
      error,
      attributes: { 'ati.role': 'tool', ...(n > 0 && { 'http.request.resend_count': n }) },
    });
    const spans = branches(
      [0, 100, attempt(0, true)],
      [0, 90],
      [150, 250, attempt(1, true)],
      [300, 400, attempt(2, false)],
    );
    expect(numbersOf(look(spans))).toMatchObject({ branches: 2, slowest_branch: 400, next_branch: 90 });
    expect(look(spans)?.timeline).toHaveLength(2);
  });
  test('a stream beside background work', () => {
    expect(look(streamTrace())).toMatchObject({ found: true, operation: 'workflow' });
  });
  test('who hands over to the branch on the path did not merely wait', () => {
    const insight = look(branches([0, 100], [0, 1000], [100, 2000]));
    expect(insight?.timeline.map((entry) => entry.outcome)).toEqual([
      'on the path',
      'waited 1,000 ms',
      'on the path',
    ]);
    expect(numbersOf(insight)).toMatchObject({ branches: 3, waited_branches: 1, slack_total: 1000 });
  });
});

describe('answers no', () => {
  test('branches that end together', () => {
    const insight = look(fanoutTrace({ fanout: 20 }));
    expect(insight).toMatchObject({
      found: false,
      answer:
        'No branch made the join wait long: the last two of the 20 branches of planner (agent planner) ended together, ' +
        '82 ms and 82 ms after the fork. The critical path takes 82 ms over 2 spans.',
    });
    expect(numbersOf(insight)).toMatchObject({ waited_branches: 0, slack_total: 0 });
  });
  test.each([
    [
      857,
      'the last two of the 3 branches of workflow (agent app) ended 75 ms apart (9 % of the time), 782 ms',
    ],
    [784, 'ended 2 ms apart (<1 % of the time), 782 ms and 784 ms after the fork'],
    [783, 'ended together, 782 ms and 783 ms after the fork'],
  ])('together is within the precision of clocks: %d ms', (end, answer) => {
    const insight = look(branches([0, end], [0, 782], [0, 700]));
    expect(insight).toMatchObject({ found: false, answer: expect.stringContaining(answer) });
  });
  test('of two branches both are the last two', () => {
    expect(look(branches([0, 43_000], [0, 42_000]))).toMatchObject({
      found: false,
      answer: expect.stringMatching(
        /^No branch made the join wait long: both branches of \S+ \(agent \S+\) ended 1,000 ms apart \(2 % of the time\), 42 s and 43 s after the fork\. /,
      ),
    });
  });
  test('ends that clocks put a little past the parent’s', () => {
    const [root, ...rest] = branches([0, 100.3], [0, 100.6], [0, 100.5]);
    expect(look([{ ...root, end: 100 }, ...rest])).toMatchObject({ found: false });
  });
  test('two slow branches: some waited, but not for one', () => {
    const insight = look(branches([0, 1000], [0, 1000], [0, 100], [0, 100]));
    expect(insight).toMatchObject({
      found: false,
      answer: expect.stringContaining('; 2 branches had finished early'),
    });
  });
  test('a queue whose last round ends together', () => {
    expect(look(fanoutTrace())).toMatchObject({ found: false });
  });
  test('a little longer than the others', () => {
    expect(look(diamond(20, 120))).toMatchObject({
      found: false,
      answer: expect.stringContaining('No branch made the join wait long'),
    });
  });
  test('a person is waited for within the last branch: it is not to blame', () => {
    const spans = [
      ...branches([0, 5000, { name: 'worker' }], [0, 300]),
      {
        id: 90,
        parent: 2,
        name: 'human_feedback',
        start: 100,
        end: 4900,
        attributes: { 'ati.role': 'human' },
      },
    ];
    expect(look(spans)).toMatchObject({
      found: false,
      answer: expect.stringContaining('but it waited for a person'),
    });
  });
  test('a slow branch within a branch that itself merely waited', () => {
    const inner: TestSpan[] = [
      { id: 90, parent: 3, name: 'inner', start: 0, end: 50 },
      { id: 91, parent: 3, name: 'inner', start: 0, end: 900 },
    ];
    const insight = look([...branches([0, 1000], [0, 950]), ...inner]);
    expect(insight).toMatchObject({ found: false, operation: 'workflow' });
  });
});

describe('is not asked', () => {
  test.each([
    ['a fork of one', branches([0, 100])],
    ['siblings one after the other', branches([0, 100], [100, 400], [400, 500])],
    ['siblings whose clocks overlap by a millisecond', branches([0, 100], [99, 400], [399, 500])],
    ['a chain', chainTrace()],
    ['a ReAct loop', reactTrace(10)],
    [
      'a person beside the work',
      branches([0, 100], [0, 5000, { name: 'human_feedback', attributes: { 'ati.role': 'human' } }]),
    ],
    [
      'a branch that outlives the workflow: nobody joined it',
      [
        { id: 1, name: 'workflow', start: 0, end: 500 },
        { id: 2, parent: 1, name: 'search', start: 0, end: 500 },
        { id: 3, parent: 1, name: 'background', start: 0, end: 9000 },
      ],
    ],
    [
      'a consumer, which works on its own time',
      [
        { id: 1, name: 'publish', kind: 4, start: 0, end: 1000 },
        { id: 2, parent: 1, name: 'send', kind: 3, start: 0, end: 100 },
        { id: 3, parent: 1, name: 'consume', kind: 5, service: 'other', start: 0, end: 900 },
      ],
    ],
  ])('%s', (_, spans) => {
    expect(look(spans)).toBeUndefined();
  });
});
