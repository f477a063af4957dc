import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rememberedUntil, type SessionSettings, Sessions } from './session.ts';

const s: SessionSettings = { quietGapMs: 6, hardCapMs: 40, reopenMs: 10 };

/** One session, among others that are left alone. */
function sessionAt(clock: number) {
  const sessions = new Sessions(s);
  for (const other of [0, 1, 200]) sessions.begin(other, 1);
  sessions.begin(99, clock);
  return {
    due: () => sessions.due(99),
    unrevised: () => sessions.isUnrevised(99),
    complete: () => sessions.isComplete(99),
    isLate: (at: number) => sessions.isLate(99, at),
    add: (at: number, completes: boolean) => sessions.add(99, at, completes),
    close: (at: number) => sessions.close(99, at),
    end: () => sessions.end(99),
  };
}

type Event = readonly [clock: number, completes?: boolean];

/** Feeds events in order of their clocks and then lets time pass: `clock: events so far`, late ones as `late @clock`. */
function story(events: readonly Event[], until = 1_000): string[] {
  const session = sessionAt(events[0]?.[0] ?? 0);
  const said: string[] = [];
  let taken = 0;
  let over = false;
  const passTo = (clock: number) => {
    while (!over && taken > 0 && session.due() <= clock) {
      const due = session.due();
      if (session.unrevised()) {
        session.close(due);
        said.push(`${due}: ${taken}`);
      } else {
        session.end();
        over = true;
        said.push(`over @${due}`);
      }
    }
  };
  for (const [clock, completes = false] of events) {
    passTo(clock);
    if (over || session.isLate(clock)) said.push(`late @${clock}`);
    else {
      session.add(clock, completes);
      taken++;
    }
  }
  passTo(until);
  return said;
}

describe('the gap', () => {
  it.each([
    ['one event alone closes a gap after it', [[100, true]], ['106: 1', 'over @116']],
    ['one ms less than the gap: one session', [[100, true], [105]], ['111: 2', 'over @121']],
    ['exactly the gap: closed, and opened again', [[100, true], [106]], ['106: 1', '112: 2', 'over @116']],
    ['one ms more: the same', [[100, true], [107]], ['106: 1', '113: 2', 'over @116']],
    ['completed by its last event', [[100], [120], [130, true]], ['136: 3', 'over @146']],
    ['events at one clock', [[100, true], [100], [100]], ['106: 3', 'over @116']],
  ] satisfies [string, Event[], string[]][])('%s', (_, events, expected) => {
    expect(story(events)).toEqual(expected);
  });
});

describe('the cap', () => {
  const busy = Array.from({ length: 12 }, (_, i): Event => [100 + 5 * i, i === 0]);
  it.each([
    ['never complete: exactly at the cap', [[100], [139]], ['140: 2', 'over @150']],
    [
      'completed a ms before the cap: at the cap, not a gap later',
      [[100], [139, true]],
      ['140: 2', 'over @150'],
    ],
    ['completed exactly at the cap: a revision', [[100], [140, true]], ['140: 1', '146: 2', 'over @150']],
    ['while events keep coming', busy, ['140: 8', 'late @150', '151: 10', 'over @150', 'late @155']],
  ] satisfies [string, Event[], string[]][])('%s', (_, events, expected) => {
    expect(story(events)).toEqual(expected);
  });
});

describe('after the first close', () => {
  it.each([
    [
      'a ms before the limit: a revision, which may be after it',
      [[100, true], [115]],
      ['106: 1', '121: 2', 'over @116'],
    ],
    ['exactly at the limit: late', [[100, true], [116]], ['106: 1', 'over @116', 'late @116']],
    [
      'late for a revision that is still to come',
      [[100, true], [114], [117]],
      ['106: 1', 'late @117', '120: 2', 'over @116'],
    ],
    [
      'every event late but the first',
      [[100, true], [200], [300]],
      ['106: 1', 'over @116', 'late @200', 'late @300'],
    ],
  ] satisfies [string, Event[], string[]][])('%s', (_, events, expected) => {
    expect(story(events)).toEqual(expected);
  });

  it('its id is remembered for the hard cap', () => {
    expect(rememberedUntil(106, s)).toBe(146);
  });
});

it('when nothing is due, nothing closes', () => {
  const session = sessionAt(100);
  expect([session.unrevised(), session.complete(), session.due()]).toEqual([false, false, 140]);
  session.end();
  expect(session.due()).toBe(Infinity);
});

describe('any order of events', () => {
  it('less than a gap apart: one session, wherever the completing event comes', () => {
    const clocks = fc
      .array(fc.nat(5), { minLength: 1, maxLength: 8 })
      .map((steps) => steps.map((_, i) => 100 + steps.slice(0, i).reduce((a, b) => a + b, 0)))
      .filter((all) => all[all.length - 1] + s.quietGapMs < 100 + s.hardCapMs);
    fc.assert(
      fc.property(clocks, fc.nat(7), (all, at) => {
        const close = all[all.length - 1] + s.quietGapMs;
        const events = all.map((clock, i): Event => [clock, i === at % all.length]);
        expect(story(events)).toEqual([`${close}: ${all.length}`, `over @${close + s.reopenMs}`]);
      }),
    );
  });

  it('no event is lost: each is in the last revision or late, and revisions rise in time', () => {
    const events = fc.array(fc.tuple(fc.nat(20), fc.boolean()), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(events, (steps) => {
        let clock = 100;
        const given = steps.map(([step, completes]): Event => {
          clock += step;
          return [clock, completes];
        });
        const said = story(given);
        const revisions = said.filter((one) => /^\d+: /.test(one)).map((one) => one.split(': ').map(Number));
        const late = said.filter((one) => one.startsWith('late')).length;
        expect(revisions[revisions.length - 1][1] + late).toBe(steps.length);
        expect(said.filter((one) => one.startsWith('over')).length).toBe(1);
        for (let i = 1; i < revisions.length; i++) {
          expect(revisions[i][0]).toBeGreaterThan(revisions[i - 1][0]);
          expect(revisions[i][1]).toBeGreaterThan(revisions[i - 1][1]);
        }
      }),
    );
  });
});
