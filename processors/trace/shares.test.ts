import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PathShare } from '#schemas/events.ts';
import { criticalPath } from './critical-path.ts';
import { anySpans } from './forest.testkit.ts';
import { pathShares } from './lists.testkit.ts';
import { KIND } from './parents.ts';
import { type TestSpan, viewOf } from './testkit.ts';

const sharesOf = (spans: readonly TestSpan[], most?: number): PathShare[] => {
  const view = viewOf(spans);
  return pathShares(view, criticalPath(view), most);
};
const span = (
  id: number,
  parent: number | undefined,
  start: number,
  end: number,
  rest: Partial<TestSpan> = {},
): TestSpan => ({ id, parent, start, end, name: 'step', ...rest });

/** Type, service, operation, path ms, drag ms. */
const brief = (shares: readonly PathShare[]) =>
  shares.map(({ type, service, operation, pathNs, dragNs }) => [
    type,
    service,
    operation,
    pathNs / 1e6,
    dragNs / 1e6,
  ]);

/** A healthy front calls a healthy back over a network that takes `there` and `back` ms; the clock of back is off by `skew`. */
function overNetwork(there: number, back: number, skew = 0): TestSpan[] {
  const served = 10 + there + 50;
  const answered = served + back;
  return [
    span(1, undefined, 0, answered + 10, { service: 'front', name: 'GET /' }),
    span(2, 1, 10, answered, { service: 'front', name: 'POST', kind: KIND.client }),
    span(3, 2, 10 + there + skew, served + skew, { service: 'back', name: 'POST /tool', kind: KIND.server }),
    span(4, 3, 20 + there + skew, 50 + there + skew, { service: 'back', name: 'work' }),
  ];
}

describe('a slow network between two healthy services', () => {
  const edge = (spans: readonly TestSpan[]) => sharesOf(spans).find((share) => share.type === 'edge');
  test('is the edge between them, and no time of either', () => {
    expect(brief(sharesOf(overNetwork(1, 1)))).toEqual([
      ['self', 'back', 'work', 30, 30],
      ['self', 'back', 'POST /tool', 20, 20],
      ['self', 'front', 'GET /', 20, 20],
      ['edge', 'back', 'POST /tool', 2, 2],
    ]);
    expect(brief(sharesOf(overNetwork(300, 200)))).toEqual([
      ['edge', 'back', 'POST /tool', 500, 500],
      ['self', 'back', 'work', 30, 30],
      ['self', 'back', 'POST /tool', 20, 20],
      ['self', 'front', 'GET /', 20, 20],
    ]);
  });
  test('belongs to caller and callee', () => {
    expect(edge(overNetwork(300, 200))).toMatchObject({
      role: 'other',
      agent: 'back',
      callerService: 'front',
      callerOperation: 'POST',
      spans: 1,
      errors: 0,
    });
  });
  test.each([-10_000, -80, 40, 10_000])("also where the callee's clock is off by %d ms", (skew) => {
    expect(brief(sharesOf(overNetwork(30, 30, skew)))).toEqual(brief(sharesOf(overNetwork(30, 30))));
  });
  test('two callees of one client have an edge each: the way there is the next one’s', () => {
    const spans = [
      span(1, undefined, 0, 100, { kind: KIND.client, name: 'call' }),
      span(2, 1, 10, 30, { kind: KIND.server, service: 'first' }),
      span(3, 1, 60, 90, { kind: KIND.server, service: 'second' }),
    ];
    expect(brief(sharesOf(spans)).filter(([type]) => type === 'edge')).toEqual([
      ['edge', 'second', 'step', 40, 40],
      ['edge', 'first', 'step', 10, 10],
    ]);
  });
});

describe('shares', () => {
  test('are told apart by instance: service.instance.id, else host, else pod, else container', () => {
    const keys = ['service.instance.id', 'host.name', 'k8s.pod.name', 'container.id'];
    const spans = [span(1, undefined, 0, 1000)];
    keys.forEach((_, i) => {
      const named = keys.slice(i).map((key) => [key, `${key} ${i}`]);
      spans.push(
        span(i + 2, 1, i * 100, i * 100 + 100, { service: 'back', resource: Object.fromEntries(named) }),
      );
    });
    const instances = sharesOf(spans).map(({ service, instance }) => [service, instance]);
    expect(instances).toEqual([
      ['app', ''],
      ['back', 'container.id 3'],
      ['back', 'host.name 1'],
      ['back', 'k8s.pod.name 2'],
      ['back', 'service.instance.id 0'],
    ]);
  });
  test('count spans once, and the failed among them', () => {
    const spans = [
      span(1, undefined, 0, 100, { name: 'root' }),
      span(2, 1, 10, 40, { error: true }),
      span(3, 2, 20, 30, { name: 'inner' }),
      span(4, 1, 50, 80),
    ];
    expect(sharesOf(spans)[0]).toMatchObject({ operation: 'step', spans: 2, errors: 1, pathNs: 50e6 });
  });
  test('agents are named without their numbers', () => {
    const agent = (id: number, start: number) =>
      span(id, 1, start, start + 50, { attributes: { 'gen_ai.agent.name': `worker-${id}` } });
    const shares = sharesOf([span(1, undefined, 0, 100), agent(2, 0), agent(3, 50)]);
    expect(shares.map(({ agent, spans }) => [agent, spans])).toEqual([['worker-*', 2]]);
  });
  test('waiting for a person is a share of its own', () => {
    const spans = [
      span(1, undefined, 0, 100, { name: 'root' }),
      span(2, 1, 10, 90, { name: 'human_review' }),
    ];
    expect(brief(sharesOf(spans))).toEqual([
      ['idle', 'app', 'human_review', 80, 80],
      ['self', 'app', 'root', 20, 20],
    ]);
  });
  test('equal times stand in the order of their names', () => {
    const spans = [
      span(1, undefined, 0, 20),
      span(2, 1, 0, 10, { name: 'b' }),
      span(3, 1, 10, 20, { name: 'a' }),
    ];
    expect(sharesOf(spans).map((share) => share.operation)).toEqual(['a', 'b']);
  });
  test('past the limit the least are one, with its own drag', () => {
    const spans = [span(1, undefined, 0, 100, { name: 'root' })];
    for (let i = 0; i < 9; i++)
      spans.push(span(i + 2, 1, i * 10, i * 10 + i + 1, { name: 'abcdefghi'[i], error: i < 2 }));
    expect(brief(sharesOf(spans, 3))).toEqual([
      ['self', 'app', 'root', 55, 55],
      ['self', '', 'other', 36, 36],
      ['self', 'app', 'i', 9, 9],
    ]);
    expect(sharesOf(spans, 3)[1]).toMatchObject({ spans: 8, errors: 2, role: 'other', instance: '' });
  });
  test('10,000 operations make 200', () => {
    const letters = (i: number) => String.fromCharCode(...[...String(i)].map((digit) => 97 + Number(digit)));
    const spans = [span(1, undefined, 0, 20_000)];
    for (let i = 1; i < 10_000; i++) spans.push(span(i + 1, 1, i, i + 1, { name: letters(i) }));
    const shares = sharesOf(spans);
    expect(shares).toHaveLength(200);
    expect(shares.reduce((sum, share) => sum + share.pathNs, 0)).toBe(20_000e6);
  });
  test('a trace that takes no time has none', () => {
    expect(sharesOf([span(1, undefined, 5, 5)])).toEqual([]);
  });
});

describe('for any trace', () => {
  test("the times sum to the path's length, in order, and drag is a part of them", () => {
    fc.assert(
      fc.property(anySpans, fc.integer({ min: 2, max: 6 }), (spans, most) => {
        const view = viewOf(spans);
        const path = criticalPath(view);
        const length = path.n === 0 ? 0 : path.end[path.n - 1] - path.start[0];
        for (const shares of [pathShares(view, path), pathShares(view, path, most)]) {
          expect(shares.reduce((sum, share) => sum + share.pathNs, 0)).toBe(length);
          const times = shares.map((share) => share.pathNs);
          expect(times).toEqual([...times].sort((a, b) => b - a));
          for (const { pathNs, dragNs, spans, errors } of shares) {
            expect(dragNs).toBeGreaterThanOrEqual(0);
            expect(dragNs).toBeLessThanOrEqual(pathNs);
            expect(spans).toBeGreaterThanOrEqual(1);
            expect(errors).toBeLessThanOrEqual(spans);
          }
        }
        expect(pathShares(view, path, most).length).toBeLessThanOrEqual(most);
      }),
    );
  });
});
