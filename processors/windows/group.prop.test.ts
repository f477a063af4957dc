import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encode, viewSignal } from '#schemas/codec.ts';
import type { Fact, Finding, Signal } from '#schemas/events.ts';
import { testFinding } from '../testing/fake-signals.ts';
import { rootFindings } from './evaluate.ts';
import { Group } from './group.ts';
import { GroupNames, groupKey } from './group-names.ts';
import { firstEnd, hopOf } from './hopping.ts';
import { WINDOW_DEFAULTS } from './settings.ts';
import { Tails } from './tails.ts';
import { nothingTaken, type Taken, traceIdOf, WaitingSignals } from './waiting.ts';

const settings = { ...WINDOW_DEFAULTS, windowMs: 60, hopMs: 10, graceMs: 10, hardCapMs: 50 };

const kind = fc.constantFrom('starvation', 'retry_storm');
const fact: fc.Arbitrary<Fact> = fc.record({
  kind,
  callee: fc.constantFrom('c', 'd'),
  values: fc.array(
    fc.record({ name: fc.constant('x'), value: fc.nat({ max: 3 }), unit: fc.constant('count') }),
    { maxLength: 2 },
  ),
});
const step = fc.record({
  // Few, so that traces come again; among them what sorts otherwise by bytes than by characters.
  traceId: fc
    .tuple(fc.constantFrom('', 'a', '\u{1F600}', '\uFF01'), fc.nat({ max: 40 }))
    .map((id) => id.join('')),
  eventTime: fc.nat({ max: 200 }),
  calls: fc.nat({ max: 1 }),
  facts: fc.array(fact, { maxLength: 3 }),
  finding: fc.option(fc.constantFrom('warning', 'critical')),
  callees: fc.subarray(['c', 'd']),
  purge: fc.option(fc.nat({ max: 150 }), { freq: 20 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const names = { tenant: 'default', scope: 'operation', agent: 'agent', operation: 'op' } as const;

function signalOf({ traceId, eventTime, calls, facts, finding, callees }: Step, offset: number): Signal {
  const findings = finding === null ? [] : [testFinding('op', finding, 2)];
  const source = { partition: 0, offset, sequence: 0, clock: 1000 };
  const rest = { revision: offset, eventTime, source, calls, errors: 0, durationMs: 1 };
  return { ...names, traceId, ...rest, facts, findings, callees };
}

/** Puts signals into a queue; `next` gives them as a group gets them. */
class Queue {
  readonly #names = new GroupNames();
  readonly #waiting = new WaitingSignals();
  readonly #taken = nothingTaken();
  #tails = new Tails();

  put(signal: Signal, freshTails = false): void {
    const layout = viewSignal(encode('Signal', signal));
    if (layout === undefined) throw new Error('no layout');
    if (freshTails) this.#tails = new Tails();
    this.#waiting.push(layout, this.#names.of(layout), this.#tails, this.#tails.intern(layout));
    // Its memory is used again.
    layout.bytes.fill(0xff);
  }

  get length(): number {
    return this.#waiting.length;
  }

  next(): Taken {
    this.#waiting.take(this.#taken);
    return this.#taken;
  }
}

const tells = (facts: readonly Fact[]) =>
  ['starvation', 'retry_storm'].filter((name) =>
    facts.some((each) => each.kind === name && each.values.some(({ value }) => value > 1)),
  );
const rootsOf = (findings: readonly Finding[]) => rootFindings(names, findings);
const isTraffic = (s: Signal) => s.calls > 0 || s.facts.length > 0 || s.findings.length > 0;
const byTrace = (a: Signal, b: Signal) => (a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0);

/** What a window is said to hold, from plain signals. */
function expected(signals: readonly Signal[]) {
  const told = new Set(signals.flatMap((s) => tells(s.facts)));
  const traces = [...told].sort().map((name) => [
    name,
    signals
      .map(({ traceId, eventTime, facts }) => ({
        traceId,
        eventTime,
        facts: facts.filter((each) => each.kind === name),
      }))
      .filter(({ facts }) => facts.length > 0),
  ]);
  const shown = signals
    .filter(({ findings }) => findings.length > 0)
    .map(({ traceId, eventTime, findings }) => ({ traceId, eventTime, roots: rootsOf(findings) }));
  const called = signals.some(({ callees }) => callees.includes('d'));
  return { traffic: signals.length, told: [...told].sort(), traces, shown, called };
}

it('holds what plain signals in a map would: the last of each trace, in the windows of its event time', () => {
  let held = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const queue = new Queue();
      steps.forEach((each, offset) => {
        queue.put(signalOf(each, offset));
      });
      const group = new Group({ id: names, key: groupKey(names) }, settings, tells, rootsOf);
      const model = new Map<string, Signal>();
      steps.forEach((each, offset) => {
        const signal = signalOf(each, offset);
        const known = model.get(signal.traceId);
        const { findings, eventTime, revision } = known ?? signal;
        const taken = queue.next();
        const slot = group.find(taken);
        const held = slot < 0 ? undefined : group.held(slot);
        expect(held).toEqual(known && { findings, eventTime, revision });
        group.put(taken, slot);
        model.set(signal.traceId, signal);
        if (each.purge === null) return;
        group.purge(each.purge);
        for (const { traceId, eventTime: at } of model.values())
          if (firstEnd(settings, hopOf(settings, at)) <= each.purge) model.delete(traceId);
      });
      for (let end = 10; end <= 270; end += 10) {
        const signals = [...model.values()]
          .filter((s) => s.eventTime >= end - 60 && s.eventTime < end && isTraffic(s))
          .sort(byTrace);
        held += signals.length;
        const window = group.window(end);
        const called = window.some(({ callees }) => callees.includes('d'));
        const traces = [...window.tracesByKind()].sort(([a], [b]) => (a < b ? -1 : 1));
        const { traffic, told } = window;
        const shown = window.shown(rootsOf);
        expect({ traffic, told: [...told].sort(), traces, shown, called }).toEqual(expected(signals));
      }
      expect(group.empty).toBe(model.size === 0);
    }),
    { numRuns: 40 },
  );
  expect(held).toBeGreaterThan(1000);
});

it('a queue gives back what was put in, in order, whatever was taken between', () => {
  let most = 0;
  const turn = fc.record({
    signals: fc.array(step, { maxLength: 60, size: 'max' }),
    takes: fc.nat({ max: 80 }),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12, size: 'max' }), (turns) => {
      const queue = new Queue();
      const model: Signal[] = [];
      let offset = 0;
      for (const { signals, takes } of turns) {
        signals.forEach((each, i) => {
          const signal = signalOf(each, offset++);
          model.push(signal);
          queue.put(signal, i % 20 === 19);
        });
        most = Math.max(most, queue.length);
        for (let i = 0; i < takes && model.length > 0; i++) {
          const { traceId, revision, eventTime, source, calls, facts, findings } = model.shift()!;
          const taken = queue.next();
          const { tails, tail } = taken;
          expect([traceIdOf(taken), taken.revision, taken.eventTime, taken.calls]).toEqual([
            traceId,
            revision,
            eventTime,
            calls,
          ]);
          expect(taken).toMatchObject({ name: { id: names }, ...source });
          expect([tails.hasFacts(tail), tails.hasFindings(tail)]).toEqual([
            facts.length > 0,
            findings.length > 0,
          ]);
        }
        expect(queue.length).toBe(model.length);
      }
    }),
    { numRuns: 60 },
  );
  // Beyond the room that a queue begins with.
  expect(most).toBeGreaterThan(100);
});
