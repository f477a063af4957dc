import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAs, encode } from '#schemas/codec.ts';
import { OPERATOR_ACTIONS } from '#schemas/events.ts';
import { type LogEntry, signalRecord, type TestSignal, testDetectors } from '../testing/fake-signals.ts';
import { WINDOW_DEFAULTS, type WindowSettings } from '../windows/settings.ts';
import { incidentId } from './identity.ts';
import { fromState, type Incident } from './incident.ts';
import { IDLE_MS } from './lifecycle.ts';
import { FROM_THE_FIRST } from './position.ts';
import { SignalProcessor, type SignalStart } from './signal-processor.ts';

const SOURCES = 2;
// Small times: a window of 60 every 10, so that a short log meets late, closed, clean and idle windows.
const settings: WindowSettings = {
  ...WINDOW_DEFAULTS,
  windowMs: 60,
  hopMs: 10,
  graceMs: 10,
  hardCapMs: 50,
  sources: SOURCES,
};
const T0 = 6_000_000;

const step = fc.record({
  partition: fc.nat({ max: SOURCES - 1 }),
  step: fc.oneof(
    { weight: 60, arbitrary: fc.nat({ max: 12 }) },
    { weight: 1, arbitrary: fc.constant(IDLE_MS + 100) },
  ),
  trace: fc.nat({ max: 40 }).map(String),
  operation: fc.constantFrom('op', 'op', 'other'),
  age: fc.oneof(fc.nat({ max: 15 }), fc.nat({ max: 140 })),
  kind: fc.constantFrom('mark', 'mark', 'ok', 'ok', 'ok', 'warning', 'critical', 'fact', 'fact', 'empty'),
  value: fc.constantFrom(1, 2, 5, 12),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What each source sends, in order: both clocks go on together. */
function lanes(steps: readonly Step[]): LogEntry[][] {
  const out: LogEntry[][] = Array.from({ length: SOURCES }, () => []);
  const revisions = new Map<string, { revision: number; eventTime: number }>();
  let clock = T0;
  steps.forEach((one, offset) => {
    clock += one.step;
    const source = { partition: one.partition, offset, sequence: 0, clock };
    const { trace, operation, kind } = one;
    let signal: TestSignal | undefined;
    if (kind !== 'mark') {
      // A trace lives in one partition of ati.spans and keeps the event time of its first revision.
      const id = `${trace}${one.partition}`;
      const known = revisions.get(id) ?? { revision: 0, eventTime: clock - one.age };
      known.revision++;
      revisions.set(id, known);
      signal = { trace: id, operation, ...known };
      if (kind === 'empty') signal.empty = true;
      if (kind === 'fact') signal.fact = one.value;
      if (kind === 'warning' || kind === 'critical') signal.finding = { severity: kind, value: one.value };
    }
    out[one.partition].push(signal === undefined ? { source } : { source, signal });
  });
  // In the end every source passes the same moment, long after.
  out.forEach((lane, partition) => {
    for (const [i, at] of [clock + 300, clock + 2 * IDLE_MS].entries())
      lane.push({ source: { partition, offset: steps.length + i, sequence: 0, clock: at } });
  });
  return out;
}

/** One log of several lanes; `picks` decides whose turn it is, `repeats` where a source sends its last few again. */
function interleave(given: LogEntry[][], picks: readonly number[], repeats: readonly number[]): Uint8Array[] {
  const heads = given.map(() => 0);
  const log: Uint8Array[] = [];
  for (let i = 0; heads.some((head, lane) => head < given[lane].length); i++) {
    let lane = (picks[i % picks.length] ?? 0) % given.length;
    while (heads[lane] >= given[lane].length) lane = (lane + 1) % given.length;
    if (repeats.includes(i % 17)) heads[lane] = Math.max(0, heads[lane] - (i % 5));
    if (repeats.includes(i % 17)) repeats = repeats.slice(1);
    log.push(signalRecord(given[lane][heads[lane]++]));
  }
  return log;
}

/** Ids of every incident that such a log can open. */
const INCIDENTS = ['op', 'other'].flatMap((operation) =>
  [
    { kind: 'retry_storm', signature: 'callee' },
    { kind: 'starvation', signature: 'w' },
  ].map((its) => incidentId({ ...its, tenant: 'default', agent: 'agent', operation })),
);

const act = fc.record({
  place: fc.nat({ max: 200 }),
  incidentId: fc.constantFrom(...INCIDENTS, 'unknown'),
  action: fc.constantFrom(...OPERATOR_ACTIONS),
  by: fc.constantFrom('ann', 'bob'),
  note: fc.constantFrom('', 'known'),
  at: fc.nat({ max: 900 }).map((ms) => T0 + ms),
  lasts: fc.oneof(fc.nat({ max: 500 }), fc.constant(3 * IDLE_MS)),
});
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

/** The same log with what operators wrote into it; the same action may stand there twice. */
function withActions(log: readonly Uint8Array[], acts: readonly Act[]): Uint8Array[] {
  const whole = [...log];
  for (const { place, lasts, ...action } of acts) {
    const until = action.action === 'mute' ? action.at + lasts : 0;
    const record = encode('OperatorAction', { ...action, until, tenant: 'default' });
    whole.splice(place % (whole.length + 1), 0, record);
  }
  return whole;
}

const start: SignalStart = { ...FROM_THE_FIRST, offset: 0, incidents: [] };
const make = (from: SignalStart = start) => new SignalProcessor(settings, testDetectors, from);

function runAll(log: readonly Uint8Array[], every = 1): string[] {
  const processor = make();
  const out: string[] = [];
  log.forEach((record, offset) => {
    processor.add(offset, record);
    if (offset % every === 0 || offset === log.length - 1)
      out.push(...processor.advance().events.map((e) => Buffer.from(e.value).toString('hex')));
  });
  return out;
}

const steps = fc.array(step, { minLength: 1, maxLength: 160, size: 'max' });
const picks = fc.array(fc.nat({ max: SOURCES - 1 }), { minLength: 1, maxLength: 30 });
const repeats = fc.array(fc.nat({ max: 16 }), { maxLength: 4 });

const acts = fc.array(act, { maxLength: 25, size: 'max' });

const readable = (hex: readonly string[]) =>
  hex.map((bytes) => {
    const decoded = decodeAs('IncidentEvent', Buffer.from(bytes, 'hex'));
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.value;
  });

describe('stage 2 over a log', () => {
  it('any interleaving of sources, with any repeats, in batches of any size: the same bytes in the same order', () => {
    let events = 0;
    fc.assert(
      fc.property(steps, picks, repeats, fc.integer({ min: 1, max: 9 }), (given, order, again, every) => {
        const all = lanes(given);
        const expected = runAll(interleave(all, [0, 1], []));
        events += expected.length;
        expect(runAll(interleave(all, order, again), every)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
    expect(events).toBeGreaterThan(500);
  });

  it('a crash after any step of any batch loses nothing, changes nothing and numbers nothing twice', () => {
    const crash = fc.record({
      run: fc.nat({ max: 25 }),
      uncommitted: fc.nat({ max: 6 }),
      // How far the last write came: nothing, events, some states, everything but the commit.
      wrote: fc.constantFrom('nothing', 'some events', 'events', 'some states', 'states'),
    });
    const said = new Map<string, number>();
    let mutedWhenOver = 0;
    fc.assert(
      fc.property(
        steps,
        picks,
        repeats,
        acts,
        fc.array(crash, { maxLength: 10, size: 'max' }),
        (given, order, again, actions, crashes) => {
          const log = withActions(interleave(lanes(given), order, again), actions);
          const expected = runAll(log);
          const over = new Map<string, string>();
          for (const each of readable(expected)) {
            said.set(each.event, (said.get(each.event) ?? 0) + 1);
            // Over, and over again: only a mute or its end says so.
            if (['resolved', 'retracted'].includes(each.event) && over.get(each.incidentId) === each.event)
              mutedWhenOver++;
            over.set(each.incidentId, each.event);
            // Its own names make its id, so whoever has the event finds the partition.
            expect(incidentId(each)).toBe(each.incidentId);
          }
          const events = new Map<string, string>();
          const states = new Map<string, Incident>();
          let committed: SignalStart = start;
          let reached = 0;

          const write = (processor: SignalProcessor, wrote: string) => {
            const out = processor.advance();
            if (wrote === 'nothing') return;
            const few = wrote === 'some events' ? out.events.length >> 1 : out.events.length;
            for (const { event, value } of out.events.slice(0, few)) {
              const id = `${event.incidentId} ${event.revision}`;
              const hex = Buffer.from(value).toString('hex');
              expect(events.get(id) ?? hex).toBe(hex);
              events.set(id, hex);
            }
            if (wrote === 'events' || wrote === 'some events') return;
            for (const { key, value } of wrote === 'some states' ? out.states.slice(1) : out.states) {
              const state = decodeAs('IncidentState', value);
              const read = state.ok ? fromState(state.value) : state;
              if (!read.ok) throw new Error(read.reason);
              states.set(key, read.incident);
            }
          };

          for (const { run, uncommitted, wrote } of [
            ...crashes,
            { run: Infinity, uncommitted: 0, wrote: '' },
          ]) {
            const processor = make({ ...committed, incidents: [...states.values()] });
            let offset = committed.offset;
            const commitAt = Math.min(Math.max(offset, reached) + run, log.length);
            for (; offset < commitAt; offset++) processor.add(offset, log[offset]);
            write(processor, 'states');
            const position = processor.position();
            reached = commitAt;
            if (position !== undefined) committed = { ...position, incidents: [] };
            const crashAt = Math.min(offset + uncommitted, log.length);
            for (; offset < crashAt; offset++) processor.add(offset, log[offset]);
            write(processor, wrote);
          }
          expect([...events.values()].sort()).toEqual([...expected].sort());
        },
      ),
      { numRuns: 300 },
    );
    // What an operator does was among them, often.
    for (const event of ['acknowledged', 'unacknowledged', 'muted', 'unmuted'])
      expect(said.get(event), event).toBeGreaterThan(10);
    expect(mutedWhenOver).toBeGreaterThan(10);
  });

  it('another arrival order within grace: every settled event the same, byte for byte', () => {
    const trace = fc.record({
      trace: fc.uuid(),
      at: fc.nat({ max: 400 }),
      first: fc.nat({ max: 9 }),
      second: fc.nat({ max: 9 }),
      lane: fc.nat({ max: SOURCES - 1 }),
      severity: fc.constantFrom('warning', 'critical', undefined),
      value: fc.constantFrom(1, 3, 12),
      fact: fc.constantFrom(undefined, 4, 8),
    });
    let settled = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(trace, { maxLength: 30, selector: (t) => t.trace, size: 'max' }),
        (traces) => {
          const order = (delay: 'first' | 'second', lane: (n: number) => number) => {
            // Event time → the earliest window's end, plus grace, is 11 to 20 later; delays stay below.
            const sent = traces
              .map((t) => ({ ...t, eventTime: T0 + t.at, clock: T0 + t.at + t[delay] }))
              .sort((a, b) => a.clock - b.clock || (a.trace < b.trace ? -1 : 1));
            const out: LogEntry[][] = Array.from({ length: SOURCES }, () => []);
            sent.forEach(({ trace, eventTime, clock, severity, value, fact, lane: at }, offset) => {
              const partition = lane(at);
              const signal: TestSignal = { trace, eventTime };
              if (severity !== undefined) signal.finding = { severity, value };
              if (fact !== undefined) signal.fact = fact;
              out[partition].push({ source: { partition, offset, sequence: 0, clock }, signal });
            });
            out.forEach((entries, partition) => {
              entries.push({ source: { partition, offset: 1000, sequence: 0, clock: T0 + 1_000 } });
            });
            return runAll(interleave(out, [0, 1], [])).filter((_, i, all) => readable(all)[i].settled);
          };
          const one = order('first', (n) => n);
          settled += one.length;
          expect(order('second', (n) => (n + 1) % SOURCES)).toEqual(one);
        },
      ),
      { numRuns: 150 },
    );
    expect(settled).toBeGreaterThan(100);
  });
});
