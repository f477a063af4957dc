import { describe, expect, it } from 'vitest';
import { BAD_INCIDENT, bad, brief, run, s } from './log.testkit.ts';

/** An incident that has settled at 20. */
function opened() {
  const log = run();
  log.signal(5, { trace: 'bad', finding: bad });
  log.mark(21);
  return log;
}

describe('acknowledge', () => {
  it('is an event that says who and when, and nothing else of the incident changes', () => {
    const log = opened();
    const { outcome, events } = log.act('acknowledge', 30, { note: 'looking' });
    expect(outcome).toEqual({ outcome: 'ok' });
    expect(brief(events)).toEqual(['acknowledged e1 r3 @21']);
    expect(events[0]).toMatchObject({
      ...{ acknowledgedBy: 'ann', acknowledgedAt: s(30), note: 'looking', mutedUntil: 0 },
      ...{ severity: 'warning', windowEnd: s(10), exemplarTraceIds: ['bad'], affectedTraces: 1 },
    });
  });

  it('of a provisional incident leaves it provisional: it still settles, or is taken back', () => {
    const settles = run();
    settles.signal(5, { trace: 'bad', finding: bad });
    settles.mark(6);
    expect(brief(settles.act('acknowledge', 6).events)).toEqual(['acknowledged? e1 r2 @6']);
    const [settled] = settles.mark(21);
    expect(brief([settled])).toEqual(['updated e1 r3 @20']);
    expect(settled.acknowledgedBy).toBe('ann');

    const erased = run();
    erased.signal(5, { trace: 'bad', finding: bad });
    erased.mark(6);
    erased.act('acknowledge', 6);
    erased.signal(7, { trace: 'bad', revision: 2, eventTime: s(5), empty: true });
    expect(brief(erased.mark(8))).toEqual(['retracted? e1 r3 @7']);
  });

  it('stays through updates, is on the resolved event, and is gone from the next episode', () => {
    const log = opened();
    log.act('acknowledge', 22);
    log.signal(42, { trace: 'worse', finding: { severity: 'critical', value: 2 } });
    const [updated] = log.mark(62);
    expect(updated).toMatchObject({ event: 'updated', severity: 'critical', acknowledgedBy: 'ann' });
    const [resolved] = log.mark(5000);
    expect(resolved).toMatchObject({ event: 'resolved', acknowledgedBy: 'ann', acknowledgedAt: s(22) });
    log.signal(5001, { trace: 'again', finding: bad });
    const [again] = log.mark(5002);
    expect(again).toMatchObject({
      event: 'opened',
      episode: 2,
      acknowledgedBy: '',
      acknowledgedAt: 0,
      note: '',
    });
  });

  it('is applied after everything that the log before it makes complete', () => {
    const log = run();
    log.signal(5, { trace: 'bad', finding: bad });
    // Not complete yet: nothing is open.
    expect(log.act('acknowledge', 5).events).toEqual([]);
    expect(log.processor.stats.unfit).toBe(1);
    log.mark(5.001);
    expect(brief(log.act('acknowledge', 5).events)).toEqual(['acknowledged? e1 r2 @5.001']);
  });

  it('does not hide what happens at the same moment', () => {
    const log = run();
    log.signal(5, { trace: 'bad', finding: bad });
    log.mark(20);
    // The window closes at 20, when the clock has passed it.
    expect(brief(log.act('acknowledge', 20).events)).toEqual(['acknowledged? e1 r2 @20']);
    expect(brief(log.mark(20.001))).toEqual(['updated e1 r3 @20']);
  });
});

describe('mute', () => {
  it('says until when, who and why; a later end replaces it', () => {
    const log = opened();
    const [muted] = log.act('mute', 30, { until: 90, note: 'deploying' }).events;
    expect(muted).toMatchObject({ event: 'muted', mutedUntil: s(90), note: 'ann: deploying', revision: 3 });
    const [longer] = log.act('mute', 40, { by: 'bob', until: 120, note: 'longer' }).events;
    expect(longer).toMatchObject({ event: 'muted', mutedUntil: s(120), note: 'bob: longer', revision: 4 });
  });

  it('without a note leaves the note before, and says who only where there is none', () => {
    const log = opened();
    expect(log.act('mute', 30, { until: 90 }).events[0].note).toBe('muted by ann');
    expect(log.act('unmute', 31, { by: 'bob' }).events[0].note).toBe('unmuted by bob');
    log.act('acknowledge', 32, { note: 'looking' });
    expect(log.act('mute', 33, { by: 'bob', until: 90 }).events[0].note).toBe('looking');
    expect(log.act('unacknowledge', 34, { by: 'bob' }).events[0].note).toBe('looking');
  });

  it('of an incident that is over: it stays over, the next episode begins muted', () => {
    const log = opened();
    expect(log.mark(5000)[0]).toMatchObject({ event: 'resolved', revision: 3 });
    const [muted] = log.act('mute', 5000, { until: 9000, note: 'known' }).events;
    expect(muted).toMatchObject({ event: 'resolved', settled: true, mutedUntil: s(9000), revision: 4 });
    expect(log.processor.liveIncidents).toBe(0);
    log.signal(5001, { trace: 'again', finding: bad });
    expect(log.mark(5002)[0]).toMatchObject({
      ...{ event: 'opened', episode: 2, revision: 5 },
      ...{ mutedUntil: s(9000), note: 'ann: known' },
    });
  });

  it('of one that was taken back: it can be unmuted, and its number is used again', () => {
    const log = run();
    log.signal(5, { trace: 'bad', finding: bad });
    log.mark(6);
    log.act('mute', 6, { until: 9000 });
    log.signal(7, { trace: 'bad', revision: 2, eventTime: s(5), empty: true });
    expect(brief(log.mark(8))).toEqual(['retracted? e1 r3 @7']);
    const { outcome, events } = log.act('unmute', 8, { by: 'bob' });
    expect(outcome).toEqual({ outcome: 'ok' });
    expect(brief(events)).toEqual(['retracted? e1 r4 @8']);
    expect(events[0]).toMatchObject({ mutedUntil: 0, note: 'unmuted by bob' });
    log.signal(9, { trace: 'again', finding: bad });
    expect(log.mark(10)[0]).toMatchObject({ event: 'opened', episode: 1, mutedUntil: 0, revision: 5 });
  });

  it('stays over episodes until its time', () => {
    const log = opened();
    log.act('mute', 22, { until: 6000, note: 'known' });
    expect(log.mark(5000)[0]).toMatchObject({ event: 'resolved', mutedUntil: s(6000) });
    log.signal(5001, { trace: 'again', finding: bad });
    expect(log.mark(5002)[0]).toMatchObject({ episode: 2, mutedUntil: s(6000), note: 'ann: known' });
    expect(brief(log.mark(10_000)).slice(-1)).toEqual(['resolved e2 r7 @8610']);
    log.signal(10_001, { trace: 'once more', finding: bad });
    expect(log.mark(10_002)[0]).toMatchObject({ episode: 3, mutedUntil: 0, note: '' });
  });

  it('ends at once with an unmute, and with no event at its time', () => {
    const log = opened();
    log.act('mute', 22, { until: 60 });
    expect(log.act('unmute', 30).events[0]).toMatchObject({
      event: 'unmuted',
      mutedUntil: 0,
      note: 'unmuted by ann',
    });
    log.act('mute', 31, { until: 60 });
    expect(log.mark(100)).toEqual([]);
  });
});

describe('an action that does not fit', () => {
  const dropped = (log: ReturnType<typeof run>, ...given: Parameters<typeof log.act>) => {
    const before = log.processor.stats.unfit;
    const { outcome, events } = log.act(...given);
    expect(outcome).toEqual({ outcome: 'drop' });
    expect(events).toEqual([]);
    expect(log.processor.stats.unfit).toBe(before + 1);
  };

  it('is dropped and counted: unknown, another tenant’s, over, already so', () => {
    const log = opened();
    dropped(log, 'acknowledge', 30, { incidentId: 'f'.repeat(32) });
    dropped(log, 'acknowledge', 30, { tenant: 'other' });
    dropped(log, 'unacknowledge', 30);
    dropped(log, 'unmute', 30);
    dropped(log, 'mute', 30, { until: 30 });
    dropped(log, 'mute', 30);
    log.act('acknowledge', 30);
    dropped(log, 'acknowledge', 31, { by: 'bob' });
    log.act('mute', 30, { until: 60 });
    dropped(log, 'mute', 31, { until: 60 });
    // The mute has run out by then.
    dropped(log, 'unmute', 60);
    expect(log.mark(5000)[0].event).toBe('resolved');
    for (const action of ['acknowledge', 'unacknowledge', 'unmute'] as const) dropped(log, action, 5000);
  });

  it('stays dropped: what it would have acted on may come again', () => {
    const log = run();
    log.mark(1);
    dropped(log, 'acknowledge', 1);
    log.signal(5, { trace: 'bad', finding: bad });
    const [event] = log.mark(6);
    expect(event).toMatchObject({ event: 'opened', incidentId: BAD_INCIDENT, acknowledgedBy: '' });
  });
});
