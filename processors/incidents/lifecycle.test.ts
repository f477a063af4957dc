import { describe, expect, it } from 'vitest';
import { called } from '../detectors/called.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { testDetectors } from '../testing/fake-signals.ts';
import { bad, brief, run, s } from './log.testkit.ts';

/** With a retry storm whose signature is a callee, as the real one's. */
const [only] = testDetectors.all;
const detectors: ConfiguredDetectors = {
  ...testDetectors,
  all: [
    ...testDetectors.all,
    {
      ...only,
      detector: {
        ...{ kind: 'retry_storm', title: 'Retry storm', version: 1, config: only.detector.config },
        inTrace: () => ({ findings: [], facts: [] }),
        couldShow: called,
      },
    },
  ],
};

/** An incident whose last bad window ends at 60, so that clean ones begin at 10. */
function opened() {
  const log = run(1, detectors);
  log.signal(5, { trace: 'bad', finding: bad });
  log.mark(21);
  return log;
}

describe('clean windows', () => {
  it('three that do not overlap resolve it, at the close of the third', () => {
    const log = opened();
    // [10, 70), [70, 130), [130, 190): a trace in the last moment of each.
    for (const at of [69.999, 129.999, 189.999]) log.signal(at, { trace: `ok-${at}` });
    expect(log.mark(200)).toEqual([]);
    expect(brief(log.mark(200.001))).toEqual(['resolved e1 r3 @200']);
  });

  it('a trace at a window’s end is the next one’s', () => {
    const log = opened();
    // [10, 70), [70, 130), and nothing in [130, 190).
    for (const at of [69.999, 70, 190]) log.signal(at, { trace: `ok-${at}` });
    expect(log.mark(200.001)).toEqual([]);
  });

  it('count without a break: the third bad trace puts it back to none', () => {
    const log = opened();
    for (const at of [60, 120]) log.signal(at, { trace: `ok-${at}` });
    log.signal(150, { trace: 'bad-2', finding: bad });
    for (const at of [200, 260]) log.signal(at, { trace: `ok-${at}` });
    // Clean since [160, 220): [220, 280) is the second.
    expect(log.mark(290.001)).toEqual([]);
    log.signal(300, { trace: 'ok-300' });
    expect(log.mark(400).map((e) => e.event)).toEqual(['resolved']);
  });

  it('with traffic that never calls its callee say nothing: it stays open', () => {
    const log = opened();
    for (let at = 30; at < 1800; at += 10) log.signal(at, { trace: `else-${at}`, callees: ['another'] });
    expect(log.mark(1800)).toEqual([]);
    for (const at of [1830, 1890, 1950])
      log.signal(at, { trace: `ok-${at}`, callees: ['another', 'callee'] });
    expect(brief(log.mark(2100))).toEqual([expect.stringMatching(/^resolved e1 r3 /)]);
  });

  it('count where one trace of many calls it', () => {
    const log = opened();
    for (const at of [60, 120, 180]) {
      log.signal(at, { trace: `else-${at}`, callees: [] });
      log.signal(at, { trace: `ok-${at}` });
    }
    expect(log.mark(210).map((e) => e.event)).toEqual(['resolved']);
  });
});

describe('an hour', () => {
  it('without traffic that calls its callee resolves it, whatever else comes', () => {
    const log = opened();
    for (let at = 30; at <= 3700; at += 30) log.signal(at, { trace: `else-${at}`, callees: ['another'] });
    // Its last traffic was in the window that ends at 10.
    expect(brief(log.written).slice(2)).toEqual(['resolved e1 r3 @3610']);
  });

  it('begins again with such traffic', () => {
    const log = opened();
    // Windows [10, 70) … that do not overlap: the last that it counts as traffic ends at 670.
    log.signal(660, { trace: 'ok', callees: ['callee'] });
    expect(log.mark(3700)).toEqual([]);
    expect(log.mark(4400).map((e) => e.event)).toEqual(['resolved']);
  });
});

describe('a finding of windows', () => {
  const shown = (at: number, trace: string) => [at, { trace, fact: 10 }] as const;

  it('opens at 2 of 3: windows that start two minutes apart will do, three will not', () => {
    const two = run();
    two.signal(...shown(5, 'a'));
    two.signal(...shown(125, 'b'));
    expect(brief(two.mark(200))).toEqual(['opened e1 r1 @140']);
    const three = run();
    three.signal(...shown(5, 'a'));
    three.signal(...shown(185, 'b'));
    expect(three.mark(400)).toEqual([]);
  });

  it('two traces in overlapping windows are one showing', () => {
    const log = run();
    log.signal(...shown(5, 'a'));
    log.signal(...shown(6, 'b'));
    expect(log.mark(400)).toEqual([]);
  });

  it('opens again at 2 of 3 only, as another episode', () => {
    const log = run();
    log.signal(...shown(5, 'a'));
    log.signal(...shown(65, 'b'));
    expect(brief(log.mark(5000))).toEqual(['opened e1 r1 @80', 'resolved e1 r2 @3670']);
    log.signal(...shown(5005, 'c'));
    expect(log.mark(5060)).toEqual([]);
    log.signal(...shown(5065, 'd'));
    expect(brief(log.mark(5100))).toEqual(['opened e2 r3 @5080']);
  });
});

describe('an open incident', () => {
  it('is updated where its evidence has doubled or halved, not below', () => {
    const log = opened();
    log.signal(42, { trace: 'c', finding: { severity: 'warning', value: 3.9 } });
    // Its own window is over: the finding stands alone in [20, 80).
    expect(log.mark(91)).toEqual([]);
    log.signal(142, { trace: 'd', finding: { severity: 'warning', value: 4 } });
    const updates = log.mark(161);
    expect(updates).toMatchObject([{ event: 'updated', evidenceTraceId: 'd', evidence: [{ value: 4 }] }]);
  });

  it('is one for all traces and agents of its identity: the traces are counted, the worst is told of', () => {
    const log = run(1, detectors);
    log.signal(3, { trace: 'c', finding: bad });
    log.signal(4, { trace: 'a', finding: { severity: 'critical', value: 2 } });
    log.signal(5, { trace: 'b', finding: bad });
    log.mark(21);
    const events = log.written;
    expect(events.map((e) => e.event)).toEqual(['opened', 'updated']);
    expect(new Set(events.map((e) => e.incidentId)).size).toBe(1);
    expect(events[1]).toMatchObject({
      ...{ severity: 'critical', affectedTraces: 3, exemplarTraceIds: ['a', 'b', 'c'] },
      ...{ evidenceTraceId: 'a', openedAt: s(3) },
    });
  });
});
