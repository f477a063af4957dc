/** For tests of stage 2: a log of one partition of ati.signals, written record by record, and what comes of it. */
import { encode } from '#schemas/codec.ts';
import type { IncidentEvent, OperatorAction } from '#schemas/events.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { signalRecord, type TestSignal, testDetectors, testFinding } from '../testing/fake-signals.ts';
import { WINDOW_DEFAULTS } from '../windows/settings.ts';
import { FROM_THE_FIRST } from './position.ts';
import { SignalProcessor } from './signal-processor.ts';

/** A multiple of a minute, so that windows begin here. */
const T = 60_000_000;
/** Short, so that a window closes soon after what is in it. */
export const GRACE_MS = 10_000;
/** Unix ms of a second of the log. */
export const s = (seconds: number) => T + seconds * 1000;

/** What one trace may show, and the incident that it opens. */
export const bad = { severity: 'warning', value: 2 } as const;
export const BAD_INCIDENT = testFinding('op', 'warning', 2).incidentId;

type ActionGiven = Partial<Omit<OperatorAction, 'action' | 'at' | 'until'>> & { until?: number };

export function run(sources = 1, detectors: ConfiguredDetectors = testDetectors) {
  const settings = { ...WINDOW_DEFAULTS, graceMs: GRACE_MS, sources };
  const start = { ...FROM_THE_FIRST, offset: 0, incidents: [] };
  const processor = new SignalProcessor(settings, detectors, start);
  let offset = 0;
  let sequence = 0;
  const thrown: string[] = [];
  const written: IncidentEvent[] = [];
  const write = (record: Uint8Array) => {
    const outcome = processor.add(offset++, record);
    const { events, bugs } = processor.advance();
    thrown.push(...bugs.map(({ window }) => window.operation));
    written.push(...events.map((e) => e.event));
    return { outcome, events: events.map((e) => e.event) };
  };
  const add = (clock: number, signal?: TestSignal, partition = 0) => {
    const source = { partition, offset: 0, sequence: sequence++, clock };
    return write(signalRecord(signal === undefined ? { source } : { source, signal }));
  };
  return {
    processor,
    /** Operations whose windows a detector threw on. */
    thrown,
    /** Every event so far. */
    written,
    add,
    /** Signal at its clock (seconds), about the same event time unless given. */
    signal: (clock: number, signal: Omit<TestSignal, 'eventTime'> & { eventTime?: number }) =>
      add(s(clock), { ...signal, eventTime: signal.eventTime ?? s(clock) }).events,
    mark: (clock: number, partition = 0) => add(s(clock), undefined, partition).events,
    /** What an operator does at a second of their own clock, `until` a second too. */
    act: (action: OperatorAction['action'], at: number, given: ActionGiven = {}) => {
      const { until = 0, ...rest } = given;
      const who = { tenant: 'default', incidentId: BAD_INCIDENT, by: 'ann', note: '' };
      const times = { at: s(at), until: until === 0 ? 0 : s(until) };
      return write(encode('OperatorAction', { ...who, ...rest, action, ...times }));
    },
  };
}

/** `opened? e1 r1 @5`: event, provisional, episode, revision, second. */
export const brief = (events: readonly IncidentEvent[]) =>
  events.map((e) => `${e.event}${e.settled ? '' : '?'} e${e.episode} r${e.revision} @${(e.at - T) / 1000}`);
