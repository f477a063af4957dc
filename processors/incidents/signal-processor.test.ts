import { describe, expect, it } from 'vitest';
import { signalRecord, testDetectors } from '../testing/fake-signals.ts';
import { WINDOW_DEFAULTS } from '../windows/settings.ts';
import { bad, brief, GRACE_MS, run, s } from './log.testkit.ts';
import { SignalProcessor } from './signal-processor.ts';

describe('a finding of one trace', () => {
  it('opens at once as soon as the clock has passed it, and settles at the first close of its window', () => {
    const log = run();
    expect(log.signal(5, { trace: 'a', finding: bad })).toEqual([]);
    const [opened] = log.mark(5.001);
    expect(opened).toMatchObject({ event: 'opened', settled: false, windowStart: s(-50), windowEnd: s(10) });
    expect(log.mark(20)).toEqual([]);
    const [settled] = log.mark(20.001);
    expect(brief([settled])).toEqual(['updated e1 r2 @20']);
    expect(settled).toMatchObject({
      windowEnd: s(10),
      exemplarTraceIds: ['a'],
      affectedTraces: 1,
      openedAt: s(5),
    });
    expect(log.mark(200)).toEqual([]);
  });

  it('waits for the slowest source', () => {
    const log = run(2);
    log.signal(5, { trace: 'a', finding: bad });
    expect(log.mark(100)).toEqual([]);
    expect(brief(log.mark(6, 1))).toEqual(['opened? e1 r1 @5']);
  });

  it('is said once while more traces show the same; again when the severity or the class of evidence changes', () => {
    const log = run();
    log.signal(5, { trace: 'b', finding: bad });
    log.mark(21);
    log.signal(22, { trace: 'c', finding: { severity: 'warning', value: 2.2 } });
    expect(log.mark(41)).toEqual([]);
    log.signal(42, { trace: 'd', finding: { severity: 'critical', value: 2.2 } });
    expect(brief(log.mark(62))).toEqual(['updated e1 r3 @60']);
  });

  it('is retracted when a later revision has it no more', () => {
    const log = run();
    log.signal(5, { trace: 'a', finding: bad });
    log.signal(9, { trace: 'a', revision: 2, eventTime: s(5) });
    expect(brief(log.mark(10))).toEqual(['opened? e1 r1 @5', 'retracted? e1 r2 @9'].slice(-1));
    expect(log.mark(100)).toEqual([]);
  });

  it('stays while another trace of a coming window still shows it, and settles there', () => {
    const log = run();
    log.signal(5, { trace: 'a', finding: bad });
    log.signal(7, { trace: 'b', finding: bad });
    log.signal(9, { trace: 'a', revision: 2, eventTime: s(5), empty: true });
    const events = log.mark(30);
    expect(events.at(-1)).toMatchObject({ event: 'updated', settled: true, exemplarTraceIds: ['b'] });
    expect(events.map((e) => e.event)).not.toContain('retracted');
  });

  it('that arrives after its windows closed opens, and settles at the next hop', () => {
    const log = run();
    log.mark(100);
    log.signal(101, { trace: 'a', eventTime: s(5), finding: bad });
    expect(brief(log.mark(102))).toEqual(['opened? e1 r1 @101']);
    expect(brief(log.mark(111))).toEqual(['updated e1 r2 @110']);
  });

  it('too old to count is dropped and counted', () => {
    const log = run();
    log.mark(1000);
    log.signal(1001, { trace: 'a', eventTime: s(1001 - 371), finding: bad });
    expect(log.mark(2000)).toEqual([]);
    expect(log.processor.stats.late).toBe(1);
  });

  it('that is a symptom of another opens nothing', () => {
    const log = run();
    log.signal(5, { trace: 'a' });
    expect(log.mark(100)).toEqual([]);
  });
});

describe('resolving', () => {
  function opened() {
    const log = run();
    log.signal(5, { trace: 'bad', finding: bad });
    log.mark(21);
    return log;
  }

  it('after three clean windows with traffic that do not overlap, not after two', () => {
    const log = opened();
    // Windows without the finding begin at 10: [10, 70), [70, 130), [130, 190).
    for (const at of [65, 125, 185]) log.signal(at, { trace: `ok-${at}` });
    expect(log.mark(200)).toEqual([]);
    expect(brief(log.mark(201))).toEqual(['resolved e1 r3 @200']);
  });

  it('does not count windows without traffic', () => {
    const log = opened();
    for (const at of [65, 125]) log.signal(at, { trace: `ok-${at}` });
    expect(log.mark(1000)).toEqual([]);
    log.signal(1001, { trace: 'ok-1001' });
    expect(log.mark(1100).map((e) => e.event)).toEqual(['resolved']);
  });

  it('starts to count again when the finding shows again', () => {
    const log = opened();
    for (const at of [65, 125]) log.signal(at, { trace: `ok-${at}` });
    log.signal(140, { trace: 'bad-2', finding: bad });
    log.signal(185, { trace: 'ok-185' });
    expect(log.mark(250)).toEqual([]);
  });

  it('after an hour without traffic', () => {
    const log = opened();
    expect(log.mark(3600 + 10)).toEqual([]);
    expect(brief(log.mark(3600 + 40))).toEqual(['resolved e1 r3 @3610']);
  });

  it('and opening again keeps the id and counts the episode', () => {
    const log = opened();
    const [first] = log.mark(4000);
    log.signal(4001, { trace: 'again', finding: bad });
    const [again] = log.mark(4002);
    expect(brief([again])).toEqual(['opened? e2 r4 @4001']);
    expect(again.incidentId).toBe(first.incidentId);
  });

  it('an episode that was taken back is not counted', () => {
    const log = run();
    log.signal(5, { trace: 'a', finding: bad });
    log.mark(6);
    log.signal(7, { trace: 'a', revision: 2, eventTime: s(5), empty: true });
    log.signal(8, { trace: 'b', finding: bad });
    expect(brief(log.mark(9)).slice(-1)).toEqual(['opened? e1 r3 @8']);
  });
});

describe('a finding of windows only', () => {
  it('opens, settled, when two of three windows that start a minute apart show it', () => {
    const log = run();
    log.signal(5, { trace: 'a', fact: 10 });
    expect(log.mark(64)).toEqual([]);
    log.signal(65, { trace: 'b', fact: 10 });
    const events = log.mark(90);
    expect(brief(events)).toEqual(['opened e1 r1 @80']);
    expect(events[0]).toMatchObject({ kind: 'starvation', windowEnd: s(70), windowStart: s(10) });
  });

  it('not when one window alone shows it, nor when the two are four minutes apart', () => {
    const log = run();
    log.signal(5, { trace: 'a', fact: 50 });
    log.signal(245, { trace: 'b', fact: 50 });
    expect(log.mark(600)).toEqual([]);
  });

  it('needs the traces of the window together', () => {
    const log = run();
    for (const [at, trace] of [
      [5, 'a'],
      [6, 'b'],
      [65, 'c'],
      [66, 'd'],
    ] as const)
      log.signal(at, { trace, fact: 5 });
    expect(log.mark(100).map((e) => e.event)).toEqual(['opened']);
  });
});

describe('input', () => {
  it('a source that is none, and other events, are dead letters', () => {
    const log = run();
    expect(log.add(s(1), undefined, 7).outcome).toMatchObject({ outcome: 'deadLetter', step: 'source' });
    expect(log.processor.add(9, Buffer.from('junk'))).toMatchObject({
      outcome: 'deadLetter',
      step: 'decode',
    });
  });

  it('a dead letter that an earlier run put aside is dropped by the replay', () => {
    const start = { done: s(1), floor: 0, read: 5, offset: 3, incidents: [] };
    const processor = new SignalProcessor(
      { ...WINDOW_DEFAULTS, graceMs: GRACE_MS, sources: 1 },
      testDetectors,
      start,
    );
    expect(processor.add(4, Buffer.from('junk'))).toEqual({ outcome: 'drop' });
    expect(processor.add(5, Buffer.from('junk')).outcome).toBe('deadLetter');
  });

  it('what a source sends twice is dropped', () => {
    const log = run();
    const source = { partition: 0, offset: 3, sequence: 1, clock: s(5) };
    const record = signalRecord({ source, signal: { trace: 'a', eventTime: s(5), finding: bad } });
    expect(log.processor.add(0, record)).toEqual({ outcome: 'ok' });
    expect(log.processor.add(1, record)).toEqual({ outcome: 'drop' });
  });

  it('the committed floor keeps what windows may still need', () => {
    const log = run();
    log.signal(5, { trace: 'a' });
    for (let at = 10; at <= 450; at += 1) log.mark(at);
    const position = log.processor.position();
    expect(position?.done).toBe(s(450));
    expect(position?.offset).toBe(0);
    for (let at = 451; at <= 1000; at += 1) log.mark(at);
    expect(log.processor.position()?.offset).toBeGreaterThan(300);
  });
});

describe('a detector that throws on a window', () => {
  const [only] = testDetectors.all;
  const cursed: typeof testDetectors = {
    ...testDetectors,
    all: [
      {
        ...only,
        detector: {
          ...only.detector,
          inWindow: (window, config) => {
            if (window.operation === 'cursed') throw new Error('a bug');
            return only.detector.inWindow?.(window, config) ?? [];
          },
        },
      },
    ],
  };
  /** Three windows in a row that show it, for a healthy operation and one that the detector can't bear. */
  function threeWindows(detectors: typeof testDetectors) {
    const log = run(1, detectors);
    const opened: string[] = [];
    for (const minute of [0, 60, 120]) {
      for (const operation of ['cursed', 'op'])
        opened.push(
          ...log.signal(minute + 5, { trace: `${operation}${minute}`, operation, fact: 20 }).map(name),
        );
      opened.push(...log.mark(minute + 59).map(name));
    }
    opened.push(...log.mark(240).map(name));
    return { opened, thrown: new Set(log.thrown) };
  }
  const name = (event: { event: string; operation: string }) => `${event.event} ${event.operation}`;

  it('is passed over for that window and reported; every other one is judged', () => {
    const { opened, thrown } = threeWindows(cursed);
    expect(opened).toContain('opened op');
    expect(opened.join()).not.toContain('cursed');
    expect(thrown).toEqual(new Set(['cursed']));
  });

  it('and without the bug both are found', () => {
    const { opened, thrown } = threeWindows(testDetectors);
    expect(opened).toEqual(expect.arrayContaining(['opened op', 'opened cursed']));
    expect(thrown.size).toBe(0);
  });
});
