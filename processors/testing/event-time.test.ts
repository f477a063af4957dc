/** Every edge of event time (docs/event-time.md), over both stages; once straight on, once with a crash after each step. */
import { describe, expect, it } from 'vitest';
import { PipelineDriver } from './driver.ts';
import { testBatch } from './span-log.ts';
import { T, watchWindows } from './windows.testkit.ts';

// Windows of 60 s every 10 s, grace 10 s, hard cap 300 s: an event counts for 370 s.
const LATENESS = 370_000;

describe.each([{ restarts: false }, { restarts: true }])('windows (restarts: $restarts)', ({ restarts }) => {
  const watch = (partitions = 1) => watchWindows({ restarts, partitions });

  it('half-open: exactly at the start is in, exactly at the end is in the next', () => {
    const log = watch();
    log.give({ trace: 1, at: 61_000, eventTime: 0 });
    log.give({ trace: 2, at: 62_000, eventTime: 59_999 });
    log.give({ trace: 3, at: 63_000, eventTime: 60_000 });
    log.tick(200_000);
    const windows = log.windows();
    expect(windows).toContain('60000: 1 2');
    expect(windows).toContain('70000: 2 3');
    expect(windows.filter((line) => line.startsWith('0:'))).toEqual([]);
    expect(windows.at(-1)).toBe('120000: 3');
  });

  it('one record: in each of its six windows once, and then nothing for ever', () => {
    const log = watch();
    log.give({ trace: 1, at: 2_000, eventTime: 0 });
    log.tick(80_001);
    expect(log.windows()).toEqual(['10000: 1', '20000: 1', '30000: 1', '40000: 1', '50000: 1', '60000: 1']);
    log.tick(100_000_000);
    expect(log.windows()).toEqual([]);
  });

  it('empty: ticks alone close nothing, say nothing and break nothing', () => {
    const log = watch();
    for (let at = 0; at < 500_000; at += 10_000) log.tick(at);
    expect([log.windows(), log.traces(), log.incidents(), log.driver.deadLetters]).toEqual([[], [], [], []]);
  });

  it('closes when the watermark has passed end + grace: not at it, one ms after', () => {
    const log = watch();
    log.give({ trace: 1, at: 12_000, eventTime: 5_000 });
    log.tick(19_999);
    log.tick(20_000);
    expect(log.windows()).toEqual([]);
    log.tick(20_001);
    expect(log.windows()).toEqual(['10000: 1']);
  });

  it.each([
    ['one ms before end + grace: on time', 19_999, ['10000: 1 2'], ['20000: 1 2']],
    ['exactly at it: late, a revision a hop later', 20_000, ['10000: 1'], ['10000: 1 2', '20000: 1 2']],
    ['one ms after: the same', 20_001, ['10000: 1'], ['10000: 1 2', '20000: 1 2']],
  ])('an event that comes %s', (_, at, first, second) => {
    const log = watch();
    log.give({ trace: 1, at: 12_000, eventTime: 5_000 });
    log.give({ trace: 2, at, eventTime: 5_000 });
    log.tick(29_999);
    expect(log.windows()).toEqual(first);
    log.tick(30_001);
    expect(log.windows()).toEqual(second);
  });

  it('late up to the hard cap after its last window closed: a revision of each window; older: counted, no effect', () => {
    const log = watch();
    log.give(
      { trace: 1, at: LATENESS - 1, eventTime: 0 },
      { trace: 2, at: LATENESS, eventTime: 0 },
      { trace: 3, at: LATENESS + 1, eventTime: 0 },
    );
    log.tick(LATENESS + 20_000);
    const both = [10, 20, 30, 40, 50, 60].map((end) => `${end}000: 1 2`);
    // At the boundary at 370 s the first of them is there already, the second (exactly then) not yet.
    expect(log.windows()).toEqual([...both.map((line) => line.replace(' 2', '')), ...both]);
    if (!restarts) expect(log.late()).toBe(1);
    // What dropped it is for windows only.
    expect(log.traces().length).toBe(3);
  });

  it('all late: all counted, nothing else happens', () => {
    const log = watch();
    for (const trace of [1, 2, 3, 4])
      log.give({ trace, at: 400_000 + trace * 2_000, eventTime: 0, severity: 'critical' });
    log.tick(1_000_000);
    expect([log.windows(), log.incidents()]).toEqual([[], []]);
    if (!restarts) expect(log.late()).toBe(4);
    expect(log.traces().length).toBe(4);
  });

  it('a late finding opens, settles in the late revision, and a worse one updates it', () => {
    const log = watch();
    log.tick(300_000);
    log.give({ trace: 1, at: 302_000, eventTime: 5_000, severity: 'warning' });
    log.tick(302_001);
    expect(log.incidents()).toEqual(['opened? warning 10000']);
    log.tick(310_001);
    expect(log.incidents()).toEqual(['updated warning 10000']);
    log.give({ trace: 2, at: 375_000, eventTime: 5_000, severity: 'critical' });
    log.tick(380_001);
    expect(log.incidents()).toEqual(['updated critical 10000']);
  });

  it('a finding that is too late by a ms opens nothing', () => {
    const log = watch();
    log.tick(300_000);
    log.give({ trace: 1, at: 375_001, eventTime: 5_000, severity: 'critical' });
    log.tick(1_000_000);
    expect(log.incidents()).toEqual([]);
  });

  it('a later revision of a trace replaces it in windows that have closed', () => {
    const log = watch();
    const root = { trace: 1, span: 1, startMs: T + 5_000, durationMs: 0 };
    log.spans(11_000, [root, { ...root, trace: 2 }]);
    log.tick(20_001);
    expect(log.windows()).toEqual(['10000: 1 2']);
    // Its operation comes twice then: this analysis takes its signal back.
    log.spans(21_500, [{ ...root, span: 4 }]);
    log.tick(30_001);
    expect(log.windows()).toEqual(['10000: 2', '20000: 2']);
    expect(log.traces()).toEqual(['1 r1 1 @12000', '2 r1 1 @12000', '1 r2 2 @22500']);
  });

  it('far in the future: the clock for windows', () => {
    const log = watch();
    const future = 1_000_000_000_000;
    log.give({ trace: 1, at: 2_000, eventTime: 2_000 });
    log.give({ trace: 2, at: 4_000, eventTime: 4_001 });
    log.give({ trace: 3, at: 6_000, eventTime: future });
    log.tick(20_001);
    expect(log.windows()).toEqual(['10000: 1 2 3']);
    expect(log.driver.readSignals().map((signal) => signal.eventTime - T)).toEqual([2_000, 4_000, 6_000]);
    expect(log.traces()).toEqual(['1 r1 1 @2000', '2 r1 1 @4000', '3 r1 1 @6000']);
  });

  it('far in the past: counted as late, stored all the same', () => {
    const log = watch();
    log.give({ trace: 1, at: 2_000, eventTime: -T + 5 });
    log.tick(100_000);
    expect(log.windows()).toEqual([]);
    if (!restarts) expect(log.late()).toBe(1);
    expect(log.driver.readSignals().map((signal) => signal.eventTime)).toEqual([5]);
    expect(log.traces()).toEqual(['1 r1 1 @2000']);
  });

  it('an idle partition holds every window open; its tick closes them', () => {
    const log = watch(2);
    log.tick(0);
    log.give({ trace: 1, at: 2_000, eventTime: 0 });
    log.tick(3_600_000, 0);
    expect(log.windows()).toEqual([]);
    log.tick(20_001, 1);
    expect(log.windows()).toEqual(['10000: 1']);
    log.tick(40_001, 1);
    expect(log.windows()).toEqual(['20000: 1', '30000: 1']);
  });

  it('so does a partition never heard of', () => {
    const log = watch(2);
    log.give({ trace: 1, at: 2_000, eventTime: 0 });
    log.tick(3_600_000, 0);
    expect([log.driver.watermarkOf(0), log.windows()]).toEqual([-1, []]);
    log.tick(3_600_000, 1);
    expect(log.windows().length).toBe(6);
  });

  it('late or not is told by the clock of its own partition, however far the others are', () => {
    const log = watch(2);
    log.tick(0);
    log.tick(500_000, 1);
    log.give({ trace: 1, at: 12_000, eventTime: 5_000 });
    log.give({ trace: 2, at: 19_999, eventTime: 5_000 });
    log.tick(20_001, 0);
    expect(log.windows()).toEqual(['10000: 1 2']);
  });

  it('a clock that jumps hours ahead: every window closes in its order, as if it had gone step by step', () => {
    const runs = [1_000, 10_000_000].map((stepMs) => {
      const log = watch();
      log.give({ trace: 1, at: 2_000, eventTime: 0, severity: 'warning' });
      log.give({ trace: 2, at: 33_000, eventTime: 30_000, severity: 'critical' });
      for (let at = 33_000 + stepMs; at < 200_000; at += stepMs) log.tick(at);
      log.tick(10_033_000);
      return { windows: log.windows(), traces: log.traces(), incidents: log.incidents() };
    });
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[0].windows.length).toBe(9);
    expect(runs[0].incidents.at(-1)).toBe('resolved critical 40000');
  });

  it('a clock that goes back is taken as standing still', () => {
    const log = watch(2);
    log.tick(15_000);
    log.spans(3_000, [{ trace: 1, span: 1, startMs: T, durationMs: 0 }]);
    expect(log.driver.clockOf(0)).toBe(T + 15_000);
    log.tick(15_999, 0);
    expect(log.traces()).toEqual([]);
    log.tick(16_000);
    expect(log.traces()).toEqual(['1 r1 1 @16000']);
    log.tick(9_000);
    log.tick(20_001);
    expect(log.windows()).toEqual(['10000: 1']);
  });
});

describe.each([{ restarts: false }, { restarts: true }])('sessions (restarts: $restarts)', ({ restarts }) => {
  const watch = () =>
    watchWindows({ restarts, assembly: { quietGapMs: 6_000, hardCapMs: 40_000, reopenMs: 10_000 } });
  const root = { trace: 1, span: 1 };
  const child = { trace: 1, span: 2 };

  // Each with the same span again at that very moment, which is no event.
  it.each([
    ['a ms less than the gap: one revision', 5_999, ['1 r1 2 @11999']],
    ['exactly the gap: a second revision', 6_000, ['1 r1 1 @6000', '1 r2 2 @12000']],
    ['a ms before the re-opening ends', 15_999, ['1 r1 1 @6000', '1 r2 2 @21999']],
    ['exactly when it ends: late', 16_000, ['1 r1 1 @6000']],
    ['a ms before its id is forgotten: late', 45_999, ['1 r1 1 @6000']],
    ['exactly when its id is forgotten: another trace', 46_000, ['1 r1 1 @6000', '1 r1 1 @86000!']],
  ])('a span after %s', (_, at, expected) => {
    const log = watch();
    log.spans(0, [root, root]);
    log.spans(at, [child, child, root].slice(0, at < 16_000 ? 3 : 2));
    log.tick(200_000);
    expect(log.traces()).toEqual(expected);
  });

  it.each([
    ['no root: at the cap, partial', 0, ['1 r1 1 @40000!']],
    ['the root a ms before the cap: at the cap, whole', 39_999, ['1 r1 2 @40000']],
    ['the root exactly at the cap: partial, then whole', 40_000, ['1 r1 1 @40000!', '1 r2 2 @46000']],
  ])('the cap: %s', (_, at, expected) => {
    const log = watch();
    log.spans(0, [child, child]);
    if (at > 0) log.spans(at, [root, root, child]);
    log.tick(200_000);
    expect(log.traces()).toEqual(expected);
  });

  it('duplicates at the gap, at the re-opening limit and after it re-open nothing', () => {
    const log = watch();
    log.spans(0, [root, child]);
    for (const at of [5_999, 6_000, 15_999, 16_000, 45_999]) log.spans(at, [root, child]);
    log.tick(200_000);
    expect(log.traces()).toEqual(['1 r1 2 @6000']);
    if (!restarts) expect(log.driver.statsOf(0).spans).toMatchObject({ duplicate: 6, late: 4, added: 2 });
  });

  it('ticks hold nothing open', () => {
    const log = watch();
    log.spans(0, [root]);
    for (let at = 500; at <= 6_000; at += 500) log.tick(at);
    expect(log.traces()).toEqual(['1 r1 1 @6000']);
  });
});

it.each([
  ['in the future', 4_000_000_000_000, T + 6_000],
  ['in the past', 1_000, 1_005],
])('far %s: stored as sent, by the real analysis', (_, startMs, eventTime) => {
  const driver = new PipelineDriver({ partitions: 1 });
  driver.pipe(0, testBatch(T, [{ trace: 1, span: 1, startMs, durationMs: 5 }]));
  driver.advanceTo(T + 1_000_000);
  const [trace] = driver.readTraces();
  expect([trace.startUnixNano, trace.durationNs]).toEqual([BigInt(startMs) * 1_000_000n, 5_000_000]);
  expect(driver.readSignals().map((signal) => signal.eventTime)).toEqual([eventTime]);
  expect(driver.deadLetters).toEqual([]);
});
