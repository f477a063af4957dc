/** Where a chain begins and ends on a path that has more on it. */
import { describe, expect, test } from 'vitest';
import type { TestSpan } from '../../trace/testkit.ts';
import { findingsOf, measure } from '../analysed.testkit.ts';
import { type Process, type Simulator, workflow } from '../testkit.ts';

const open = (s: Simulator, parent: number, name: string) =>
  s.open({ parent, name: 'worker', attributes: { 'ati.role': 'worker', 'gen_ai.agent.name': name } });

/** `depth` agents, each of which works for `ms` and then calls the next. */
function* nested(s: Simulator, parent: number, depth: number, name = 'deep', ms = 80): Process {
  const step = open(s, parent, `${name}-${letter(depth)}`);
  yield ms;
  if (depth > 1) yield* nested(s, step.id, depth - 1, name, ms);
  step.end();
}

/** `depth` agents that one caller calls one after the other. */
function* inTurn(s: Simulator, parent: number, depth: number, name = 'stage', ms = 80): Process {
  for (let i = depth; i > 0; i--) yield* alone(s, parent, `${name}-${letter(i)}`, ms);
}

function* alone(s: Simulator, parent: number, name: string, ms: number): Process {
  const step = open(s, parent, name);
  yield ms;
  step.end();
}

/** Agents' names lose their digits in incidents: letters tell them apart there, too. */
const letter = (i: number) => String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26));

function found(body: (s: Simulator, root: number) => Process) {
  const spans: TestSpan[] = workflow(body);
  return findingsOf('blocking_chain', spans).map((finding) => [finding.agent, measure(finding, 'depth')]);
}

describe('the root is the first agent of the chain, not what came before it', () => {
  test('an agent that the same caller had called before', () => {
    expect(
      found(function* (s, root) {
        yield* alone(s, root, 'fetcher', 300);
        yield* nested(s, root, 40);
      }),
    ).toEqual([[`deep-${letter(40)}`, 40]]);
  });
  test('a fetcher of another workflow, before steps called in turn', () => {
    expect(
      found(function* (s, root) {
        const other = open(s, root, 'loader');
        yield* alone(s, other.id, 'fetcher', 300);
        other.end();
        const pipeline = open(s, root, 'pipeline');
        yield* inTurn(s, pipeline.id, 40);
        pipeline.end();
      }),
    ).toEqual([[`stage-${letter(40)}`, 40]]);
  });
  test('nor is what comes after it a part of it', () => {
    expect(
      found(function* (s, root) {
        yield* nested(s, root, 40);
        yield* alone(s, root, 'writer', 300);
      }),
    ).toEqual([[`deep-${letter(40)}`, 40]]);
  });
  test('but an agent that called the first one is', () => {
    expect(
      found(function* (s, root) {
        const caller = open(s, root, 'caller');
        yield 300;
        yield* nested(s, caller.id, 40);
        caller.end();
      }),
    ).toEqual([['caller', 41]]);
  });
  test('also through one that only passes on', () => {
    expect(
      found(function* (s, root) {
        const caller = open(s, root, 'caller');
        yield 300;
        const router = open(s, caller.id, 'router');
        yield* nested(s, router.id, 40);
        router.end();
        caller.end();
      }),
    ).toEqual([['caller', 41]]);
  });
  test('and the first of a pipeline, whose last stage calls one more', () => {
    expect(
      found(function* (s, root) {
        yield* inTurn(s, root, 30);
        const last = open(s, root, 'last');
        yield 80;
        yield* alone(s, last.id, 'helper', 80);
        last.end();
      }),
    ).toEqual([[`stage-${letter(30)}`, 31]]);
  });
});

describe('what is no chain by itself', () => {
  test('stages of two agents each are one together', () => {
    expect(
      found(function* (s, root) {
        for (let i = 15; i > 0; i--) yield* nested(s, root, 2, `stage-${letter(i)}`);
      }),
    ).toEqual([[`stage-${letter(15)}-${letter(2)}`, 30]]);
  });
  test('two halves, one nested and one in turn, are one together', () => {
    expect(
      found(function* (s, root) {
        yield* nested(s, root, 25);
        yield* inTurn(s, root, 25);
      }),
    ).toEqual([[`deep-${letter(25)}`, 50]]);
  });
  test('19 nested ones that a single agent came before are 20 all the same', () => {
    const steps = (depth: number) =>
      found(function* (s, root) {
        yield* alone(s, root, 'fetcher', 80);
        yield* nested(s, root, depth);
      });
    expect(steps(19)).toEqual([['fetcher', 20]]);
    expect(steps(18)).toEqual([]);
    expect(steps(20)).toEqual([[`deep-${letter(20)}`, 20]]);
  });
});
