import { expect, it } from 'vitest';
import { shuffled, type TestSpan, viewOf } from '../trace/testkit.ts';
import { analysed, detectors } from './analysed.testkit.ts';
import { called, MOST_CALLEES } from './called.ts';
import { calleesBeneath } from './callees.ts';
import { signalsOf } from './signals.ts';
import { chainTrace, fanoutTrace, retryTrace, streamTrace } from './testkit.ts';

const role = (name: string) => ({ 'ati.role': name });
const tool = (id: number, parent: number, name: string): TestSpan => ({
  ...{ id, parent, name: 'tool_call', start: id, end: id + 1 },
  attributes: { ...role('tool'), 'gen_ai.tool.name': name },
});
const span = (id: number, parent: number | undefined, name: string): TestSpan => ({
  ...{ id, parent, name, start: id, end: 100 },
  attributes: role(name),
});

/** A planner whose calls sit below its workers, and another agent beside it. */
const trace: readonly TestSpan[] = [
  span(1, undefined, 'workflow'),
  span(2, 1, 'planner'),
  span(3, 2, 'worker'),
  tool(4, 3, 'search'),
  span(5, 2, 'worker'),
  tool(6, 5, 'fetch'),
  tool(7, 6, 'cache'),
  span(8, 1, 'checkpoint'),
  tool(9, 8, 'store'),
];

const calleesOf = (spans: readonly TestSpan[]) =>
  Object.fromEntries(signalsOf(viewOf(spans), [], []).map(({ operation, callees }) => [operation, callees]));

it('a signal names what was called beneath its spans, however deep, and nothing beside them', () => {
  const beneath = ['tool_call cache', 'tool_call fetch', 'tool_call search'];
  expect(calleesOf(trace)).toEqual({
    workflow: [...beneath, 'tool_call store'],
    planner: beneath,
    worker: beneath,
  });
});

it('whatever the order of the spans', () => {
  for (const seed of [1, 2, 3]) expect(calleesOf(shuffled(trace, seed))).toEqual(calleesOf(trace));
});

it('at most fifty: the first by name, from wherever they are called', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const name = (i: number) => `${letters[Math.floor(i / 26)]}${letters[i % 26]}`;
  const many = Array.from({ length: 120 }, (_, i) => tool(10 + i, i % 2 === 0 ? 3 : 5, name(i)));
  const { planner } = calleesOf([...trace.slice(0, 3), trace[4], ...many]);
  expect(planner.length).toBe(MOST_CALLEES);
  expect(planner).toEqual(many.slice(0, 50).map((_, i) => `tool_call ${name(i)}`));
});

it.each([1, 29, 30, 31, 45])('of %i callees the same, however they are kept', (count) => {
  const callees = Array.from(
    { length: count },
    (_, i) => `c${String.fromCharCode(97 + (i % 26))}${'x'.repeat(i / 26)}`,
  );
  const calls = callees.flatMap((name, i) => [
    tool(10 + i, i % 2 === 0 ? 3 : 5, name),
    tool(100 + i, 8, name),
  ]);
  const { planner, workflow } = calleesOf([...trace.slice(0, 3), trace[4], trace[7], ...calls]);
  const sorted = callees.map((name) => `tool_call ${name}`).sort();
  expect(planner).toEqual(sorted);
  expect(workflow).toEqual(sorted);
});

it('a trace of ten thousand spans in a line is done in one pass', () => {
  const deep = Array.from({ length: 10_000 }, (_, i): TestSpan => {
    const at = { id: i + 1, ...(i > 0 && { parent: i }), start: i / 1000, end: 100 };
    return { ...at, name: `step${i % 3}`, attributes: role(i === 9_999 ? 'tool' : 'worker') };
  });
  const view = viewOf(deep);
  const beneath = calleesBeneath(view);
  expect(beneath.names(beneath.beneath(view.root))).toHaveLength(1);
});

it('a full list leaves open what stands behind its last name', () => {
  const full = Array.from({ length: MOST_CALLEES }, (_, i) => `b${String(i).padStart(2, '0')}`);
  expect(called('b07', { callees: full })).toBe(true);
  expect(called('z', { callees: full })).toBe(true);
  expect(called('a', { callees: full })).toBe(false);
  expect(called('z', { callees: full.slice(1) })).toBe(false);
  expect(called('z', { callees: [] })).toBe(false);
});

it('a trace that shows an incident is traffic that could show it, for every detector', () => {
  const { all } = detectors();
  const shown = new Set<string>();
  for (const spans of [chainTrace(), fanoutTrace(), retryTrace(0.3), streamTrace()])
    for (const signal of analysed(spans).signals)
      for (const { kind, signature } of signal.findings) {
        shown.add(kind);
        const detector = all.find((each) => each.detector.kind === kind)?.detector;
        expect(detector?.couldShow?.(signature, signal) ?? true, `${kind} ${signature}`).toBe(true);
      }
  expect([...shown]).toEqual(expect.arrayContaining(['retry_storm', 'fanout_collapse', 'starvation']));
});

it('storms and fan-outs speak of their callee alone: without it a trace says nothing', () => {
  const silent = { callees: ['tool_call other'], facts: [] };
  const says = (kind: string) =>
    detectors().get(kind).detector.couldShow?.('tool_call search', silent) ?? true;
  expect(['retry_storm', 'fanout_collapse'].map(says)).toEqual([false, false]);
  expect(['blocking_chain', 'starvation'].map(says)).toEqual([true, true]);
});
