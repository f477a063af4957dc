/** Insights are worked out for every closed trace: four times the spans must be little more than four times the work. */
import { expect, test } from 'vitest';
import { fanoutTrace } from '../detectors/testkit.ts';
import { criticalPath } from '../trace/critical-path.ts';
import { type TestSpan, viewOf } from '../trace/testkit.ts';
import type { TraceView } from '../trace/view.ts';
import { insightsOf } from './registry.ts';

/** How often the rules looked at a span: at its times, its parent or role by index, a child of it, an attribute. */
interface Work {
  looks: number;
  attributes: number;
}

/** The view with every look counted. */
function counted(view: TraceView, work: Work): TraceView {
  const column = <A extends object>(of: A): A =>
    new Proxy(of, {
      get(target, key) {
        if (typeof key === 'string' && key.charCodeAt(0) < 58) work.looks++;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return {
    ...view,
    start: column(view.start),
    end: column(view.end),
    parent: column(view.parent),
    role: column(view.role),
    childRows: column(view.childRows),
    attribute: (row, key) => {
      work.attributes++;
      return view.attribute(row, key);
    },
  };
}

function workOn(spans: readonly TestSpan[]): Work & { spans: number } {
  const view = viewOf(spans);
  const critical = criticalPath(view);
  const work = { looks: 0, attributes: 0 };
  insightsOf({ tenant: 'default', view: counted(view, work), critical });
  return { ...work, spans: view.n };
}

const call = (
  id: number,
  parent: number,
  start: number,
  end: number,
  rest: Partial<TestSpan> = {},
): TestSpan => ({
  id,
  parent,
  name: 'tool_call',
  kind: 3,
  start,
  end,
  attributes: { 'ati.role': 'tool', 'gen_ai.tool.name': 'search' },
  ...rest,
});
const root: TestSpan = {
  id: 1,
  name: 'workflow',
  start: 0,
  end: 1e6,
  attributes: { 'ati.role': 'workflow' },
};
const SHAPES: Record<string, (n: number) => TestSpan[]> = {
  'a wide fan-out': (n) => fanoutTrace({ fanout: n / 3, concurrency: 50 }),
  'flat calls that overlap': (n) => [
    root,
    ...Array.from({ length: n }, (_, i) => call(i + 2, 1, i, i + 900)),
  ],
  'flat calls one after the other': (n) => [
    root,
    ...Array.from({ length: n }, (_, i) => call(i + 2, 1, i * 10, i * 10 + 9)),
  ],
  'a deep chain of agents': (n) => [
    root,
    ...Array.from(
      { length: n },
      (_, i): TestSpan => ({
        id: i + 2,
        parent: i + 1,
        name: 'worker',
        start: i,
        end: 1e6 - i,
        attributes: { 'ati.role': 'worker', 'gen_ai.agent.name': `agent-${i}` },
      }),
    ),
  ],
  'very many forks of two': (n) => [
    root,
    ...Array.from({ length: n }, (_, i) => call(i + 2, 1, (i >> 1) * 50, (i >> 1) * 50 + 20 + 20 * (i & 1))),
  ],
  'very many retries': (n) =>
    fanoutTrace({
      fanout: n / 6,
      concurrency: 50,
      retries: { fails: (_, attempt) => attempt < 2, max: 2 },
    }),
};

test.each(Object.entries(SHAPES))('%s of 10,000 spans', (_, shape) => {
  const quarter = workOn(shape(2_500));
  const whole = workOn(shape(10_000));
  expect(whole.spans).toBeGreaterThanOrEqual(8_000);
  // n log n grows by 4.7 here; n² would by 16.
  expect(whole.looks / quarter.looks).toBeLessThan(5.5);
  expect(whole.attributes).toBeLessThan(10 * whole.spans);
});
