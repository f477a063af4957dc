import { describe, expect, test } from 'vitest';
import { KIND } from './parents.ts';
import { TEST_START_NS, type TestSpan, viewOf } from './testkit.ts';

/** Start and end of each span in ms from the trace's start, by id. */
function timesOf(spans: readonly TestSpan[]): Record<number, [number, number]> {
  const view = viewOf(spans);
  const times: Record<number, [number, number]> = {};
  for (let row = 0; row < view.n; row++)
    times[Number.parseInt(view.spanId(row), 16)] = [view.start[row] / 1e6, view.end[row] / 1e6];
  return times;
}

const client = (rest: Partial<TestSpan> = {}): TestSpan => ({
  id: 1,
  name: 'call',
  start: 0,
  end: 100,
  kind: KIND.client,
  service: 'front',
  ...rest,
});
const server = (start: number, end: number, rest: Partial<TestSpan> = {}): TestSpan => ({
  id: 2,
  parent: 1,
  name: 'serve',
  start,
  end,
  kind: KIND.server,
  service: 'back',
  ...rest,
});

describe('a callee that cannot have run then goes to the middle of its caller’s time', () => {
  test.each([
    ['served before it was called', -500, -440],
    ['begun before it was called', -10, 50],
    ['done after the answer was there', 50, 110],
    ['begun after the answer was there', 5000, 5060],
  ])('%s', (_, start, end) => {
    expect(timesOf([client(), server(start, end)])).toEqual({ 1: [0, 100], 2: [20, 80] });
  });
  test('what the same clock wrote beneath it moves along, what the caller’s clock wrote does not', () => {
    const spans = [
      client(),
      server(1020, 1080),
      server(1030, 1060, { id: 3, parent: 2, kind: KIND.client }),
      server(35, 55, { id: 4, parent: 3, service: 'front' }),
    ];
    expect(timesOf(spans)).toEqual({ 1: [0, 100], 2: [20, 80], 3: [30, 60], 4: [35, 55] });
  });
  test('an instance has a clock of its own', () => {
    const on = (instance: string) => ({ service: 'app', instance });
    expect(timesOf([client(on('a')), server(-500, -440, on('b'))])[2]).toEqual([20, 80]);
    expect(timesOf([client(on('a')), server(-500, -440, on('a'))])[2]).toEqual([0, 60]);
  });
  test('whatever kind of span began before the one that called it', () => {
    const spans = [client({ kind: KIND.internal }), server(-50, 10, { kind: KIND.internal })];
    expect(timesOf(spans)[2]).toEqual([20, 80]);
  });
  test('one that takes longer than its caller waits begins with it', () => {
    expect(timesOf([client(), server(-500, -300)])[2]).toEqual([0, 200]);
  });
  test('the trace begins with its earliest span after that', () => {
    const view = viewOf([client({ start: 40, end: 140 }), server(0, 60)]);
    expect([view.startUnixNano, view.start[view.root]]).toEqual([TEST_START_NS + 40_000_000n, 0]);
  });
  test('children stand in order of start again', () => {
    const view = viewOf([client(), server(-500, -440), server(10, 15, { id: 3, service: 'front' })]);
    expect([...view.children(view.root)].map((row) => view.spanId(row).at(-1))).toEqual(['3', '2']);
    expect([...view.start]).toEqual([...view.start].sort((a, b) => a - b));
  });
});

describe('left as it is', () => {
  const same = (spans: TestSpan[], start: number, end: number) =>
    expect(timesOf(spans)).toMatchObject({ 2: [start, end] });
  test('a callee within its caller', () => same([client(), server(0, 100)], 0, 100));
  test('within the millisecond of a rounded start', () =>
    same([client({ start: 1, end: 101 }), server(0.2, 101.9)], 0, 101.7));
  test('a callee of a caller that gave up', () => {
    same([client({ error: true }), server(50, 110)], 50, 110);
    same([client({ error: true }), server(150, 190)], 150, 190);
  });
  test('a callee that works on after its answer', () => same([client(), server(50, 300)], 50, 300));
  test('what is not a call may run after its parent', () =>
    same([client({ kind: KIND.internal }), server(150, 190)], 150, 190));
  test('a consumer', () =>
    same(
      [client({ kind: KIND.producer, start: 500, end: 600 }), server(0, 50, { kind: KIND.consumer })],
      0,
      50,
    ));
  test('a callee whose caller is missing', () =>
    same([client({ id: 9 }), server(150, 190, { parent: 8 })], 150, 190));
});
