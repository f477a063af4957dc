import { describe, expect, test } from 'vitest';
import type { Finding } from '#schemas/events.ts';
import { criticalPath } from '../trace/critical-path.ts';
import { type TestSpan, viewOf } from '../trace/testkit.ts';
import { analysed } from './analysed.testkit.ts';
import type { TraceContext } from './detector.ts';
import { markRoots } from './roots.ts';
import { fanoutTrace, Pool, type Process, retryTrace, streamTrace, toolCall, workflow } from './testkit.ts';

const roots = (findings: readonly Finding[]) => findings.map(({ kind, root }) => [kind, root]).sort();

const contextOf = (spans: readonly TestSpan[]): TraceContext => {
  const view = viewOf(spans);
  return { tenant: 'default', view, critical: criticalPath(view) };
};
const NOTHING = contextOf([{ id: 1, name: 'workflow', start: 0, end: 1 }]);

test('the default retry run queues on its own account too: two roots', () => {
  expect(roots(analysed(retryTrace(0.1)).findings)).toEqual([
    ['fanout_collapse', true],
    ['retry_storm', true],
  ]);
});

test('a fan-out most of whose load is retries is a symptom of the storm', () => {
  const spans = fanoutTrace({ retries: { fails: (_, attempt) => attempt < 2, max: 3 } });
  expect(roots(analysed(spans).findings)).toEqual([
    ['fanout_collapse', false],
    ['retry_storm', true],
  ]);
});

test('a starved stream and the fan-out that holds its slots are both roots', () => {
  expect(roots(analysed(streamTrace()).findings)).toEqual([
    ['fanout_collapse', true],
    ['starvation', true],
  ]);
});

test('a storm on another callee explains nothing', () => {
  const [fanout] = analysed(fanoutTrace()).findings;
  const storm = analysed(
    fanoutTrace({ tool: 'other', retries: { fails: () => true, max: 3 } }),
  ).findings.find(({ kind }) => kind === 'retry_storm')!;
  expect(roots(markRoots([fanout, { ...storm, explains: [] }], NOTHING))).toEqual([
    ['fanout_collapse', true],
    ['retry_storm', true],
  ]);
});

test('nothing to decide', () => {
  expect(markRoots([], NOTHING)).toEqual([]);
});

interface StepWork {
  /** Calls of a fan-out on five slots; 0: none. */
  readonly fanout?: number;
  /** Failed attempts of a call, 100 ms apart. */
  readonly failures?: number;
  /** Of its own, ms. */
  readonly own?: number;
}

/** 24 agents one after the other, each of which does this work. */
const chainOf = ({ fanout = 0, failures = 0, own = 0 }: StepWork) =>
  workflow(function* (s, root): Process {
    for (let i = 0; i < 24; i++) {
      const attributes = { 'ati.role': 'worker', 'gen_ai.agent.name': `agent-${i}` };
      const span = s.open({ parent: root, name: 'worker', attributes });
      yield own;
      let left = fanout;
      const pool = new Pool(5);
      const call = function* (): Process {
        yield pool;
        yield* toolCall(s, span.id, { tool: 'search', delay: 80 });
        s.release(pool);
        left--;
      };
      for (let n = 0; n < fanout; n++) s.start(call());
      while (left > 0) yield 1;
      for (let attempt = 0; attempt < failures; attempt++) {
        yield* toolCall(s, span.id, { tool: 'flaky', delay: 10, attempt, fails: true });
        yield 100;
      }
      if (failures > 0) yield* toolCall(s, span.id, { tool: 'flaky', delay: 10, attempt: failures });
      span.end();
    }
  });

const chainIn = (findings: readonly Finding[]) => findings.find(({ kind }) => kind === 'blocking_chain')!;

describe('a chain of agents', () => {
  test('whose time is the queueing of their fan-outs is a symptom of the collapse', () => {
    const { findings } = analysed(chainOf({ fanout: 60, own: 20 }));
    const collapse = findings.find(({ kind }) => kind === 'fanout_collapse')!;
    expect(chainIn(findings)).toMatchObject({ root: false, explainedBy: collapse.incidentId, explains: [] });
    const { incidentId, kind, agent, operation, signature } = chainIn(findings);
    expect(collapse.explains).toEqual([{ incidentId, kind, agent, operation, signature }]);
  });
  test('whose time is the back-off of their retries is a symptom of the storm', () => {
    const { findings } = analysed(chainOf({ failures: 3, own: 20 }));
    const storm = findings.find(({ kind }) => kind === 'retry_storm')!;
    expect(chainIn(findings)).toMatchObject({ root: false, explainedBy: storm.incidentId });
    expect(storm.explains.map(({ kind }) => kind)).toEqual(['blocking_chain']);
  });
  test.each([
    ['a third of the time is queueing', { fanout: 60, own: 1800 }],
    ['two thirds are', { fanout: 60, own: 400 }],
    ['half of the time is retries', { failures: 3, own: 300 }],
  ])('stays a root where %s: two failures', (_, work) => {
    const { findings } = analysed(chainOf(work));
    expect(findings).toHaveLength(2);
    expect(findings.every(({ root, explains }) => root && explains.length === 0)).toBe(true);
  });
});
