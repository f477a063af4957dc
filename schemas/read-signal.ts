/** The parts of a Signal v2 whose bytes have a layout (signal-layout.ts). */
import { byte, count, double, list, readFrom, skipList, text, textAt } from './avro/reader.ts';
import {
  type Explained,
  type Fact,
  type Finding,
  type Measure,
  type Recommendation,
  SEVERITIES,
  type Signal,
  type TimelineEntry,
} from './events.ts';
import { type SignalLayout, skipFinding } from './signal-layout.ts';

const SCOPES = ['operation', 'instance'] as const;

function measure(b: Uint8Array): Measure {
  return { name: text(b), value: double(b), unit: text(b) };
}

function fact(b: Uint8Array): Fact {
  return { kind: text(b), callee: text(b), values: list(b, measure) };
}

function timelineEntry(b: Uint8Array): TimelineEntry {
  return { label: text(b), startMs: double(b), durationMs: double(b), outcome: text(b) };
}

function recommendation(b: Uint8Array): Recommendation {
  return { action: text(b), text: text(b) };
}

function explained(b: Uint8Array): Explained {
  return {
    incidentId: text(b),
    kind: text(b),
    agent: text(b),
    operation: text(b),
    signature: text(b),
  };
}

function finding(b: Uint8Array): Finding {
  return {
    kind: text(b),
    incidentId: text(b),
    severity: SEVERITIES[byte(b) >> 1],
    agent: text(b),
    operation: text(b),
    signature: text(b),
    root: byte(b) === 1,
    evidence: list(b, measure),
    timeline: list(b, timelineEntry),
    explanation: text(b),
    recommendations: list(b, recommendation),
    explains: list(b, explained),
    explainedBy: text(b),
  };
}

/** The names at `from`, of bytes that have a layout. */
export function readNames(
  b: Uint8Array,
  from: number,
): Pick<Signal, 'tenant' | 'scope' | 'agent' | 'operation'> {
  readFrom(b, from);
  return { tenant: text(b), scope: SCOPES[byte(b) >> 1], agent: text(b), operation: text(b) };
}

/** The list at `from`, where it is not empty, and so of each of these. */
export function readFacts(b: Uint8Array, from: number): Fact[] {
  readFrom(b, from);
  return list(b, fact);
}

export function readFindings(b: Uint8Array, from: number): Finding[] {
  readFrom(b, from);
  return list(b, finding);
}

/** The callees behind the findings at `from`. */
export function readCalleesBehind(b: Uint8Array, from: number): string[] {
  readFrom(b, from);
  skipList(b, skipFinding);
  return list(b, text);
}

/** The whole signal. */
export function readSignal(layout: SignalLayout): Signal {
  const { bytes: b, revision, eventTime, partition, offset, sequence, clock, calls } = layout;
  const names = readNames(b, layout.namesAt);
  readFrom(b, layout.errorsAt);
  return {
    ...names,
    traceId: textAt(b, layout.traceAt, layout.traceEnd),
    revision,
    eventTime,
    source: { partition, offset, sequence, clock },
    calls,
    errors: count(b),
    durationMs: double(b),
    facts: list(b, fact),
    findings: list(b, finding),
    callees: list(b, text),
  };
}
