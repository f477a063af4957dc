/**
 * A Signal v2 as its bytes: one walk over them tells that they are well formed and where everything stands, and nothing
 * is read but what is asked for. What is not exactly as `writeSignal` writes it (blocks of arrays, numbers too long) has
 * no layout, good or bad: avsc and its check judge it. codec.prop.test.ts compares the two.
 */
import { isUtf8 } from 'node:buffer';
import { MAX_LONG, MIN_LONG } from './avro/check.ts';
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

/** Where the parts of a signal stand in `bytes`: positions, each of a list at its count. */
export interface SignalLayout {
  bytes: Uint8Array;
  /** Tenant, scope, agent and operation: the same bytes, the same names. */
  namesAt: number;
  namesEnd: number;
  /** Its characters, without their length. */
  traceAt: number;
  traceEnd: number;
  revision: number;
  eventTime: number;
  /** The source, as in `Source`. */
  partition: number;
  offset: number;
  sequence: number;
  clock: number;
  calls: number;
  errorsAt: number;
  factsAt: number;
  findingsAt: number;
}

/** The factor of the eighth byte of a number. */
const MAX_FACTOR = 2 ** 49;
const SCOPES = ['operation', 'instance'] as const;

/** Behind what was read last. */
let at = 0;
let end = 0;
/** The number that was read last. */
let number = 0;

function long(b: Uint8Array): boolean {
  if (at >= end) return false;
  let byte = b[at++];
  if (byte < 0x80) {
    number = (byte >>> 1) ^ -(byte & 1);
    return true;
  }
  const odd = (byte & 1) === 1;
  let value = byte & 0x7f;
  for (let factor = 128; byte >= 0x80; factor *= 128) {
    if (at >= end || factor > MAX_FACTOR) return false;
    byte = b[at++];
    value += (byte & 0x7f) * factor;
  }
  // Above, an odd one is not exact.
  if (odd && value > 2 ** 53) return false;
  number = odd ? -(value + 1) / 2 : value / 2;
  return number <= MAX_LONG && number >= MIN_LONG;
}

function int(b: Uint8Array): boolean {
  return long(b) && number === (number | 0);
}

function skipString(b: Uint8Array): boolean {
  if (!long(b) || number < 0 || number > end - at) return false;
  const from = at;
  at += number;
  let bits = 0;
  for (let i = from; i < at; i++) bits |= b[i];
  return bits < 0x80 || isUtf8(b.subarray(from, at));
}

function skip(bytes: number): boolean {
  at += bytes;
  return at <= end;
}

/** A list in one block, or empty. */
function skipList(b: Uint8Array, item: (b: Uint8Array) => boolean): boolean {
  const from = at;
  if (!long(b) || number < 0 || number > end - at) return false;
  if (number === 0) return at === from + 1;
  for (let left = number; left > 0; left--) if (!item(b)) return false;
  return at < end && b[at++] === 0;
}

function skipMeasure(b: Uint8Array): boolean {
  return skipString(b) && skip(8) && skipString(b);
}

function skipFact(b: Uint8Array): boolean {
  return skipString(b) && skipString(b) && skipList(b, skipMeasure);
}

function skipTimelineEntry(b: Uint8Array): boolean {
  return skipString(b) && skip(16) && skipString(b);
}

function skipRecommendation(b: Uint8Array): boolean {
  return skipString(b) && skipString(b);
}

function skipExplained(b: Uint8Array): boolean {
  return skipString(b) && skipString(b) && skipString(b) && skipString(b) && skipString(b);
}

/** One byte: a boolean, or the symbol of an enum of two. */
function skipBit(b: Uint8Array, most: number): boolean {
  return at < end && b[at++] <= most;
}

function skipSymbol(b: Uint8Array): boolean {
  return at < end && (b[at] === 0 || b[at] === 2) && skip(1);
}

function skipFinding(b: Uint8Array): boolean {
  return (
    skipString(b) &&
    skipString(b) &&
    skipSymbol(b) &&
    skipString(b) &&
    skipString(b) &&
    skipString(b) &&
    skipBit(b, 1) &&
    skipList(b, skipMeasure) &&
    skipList(b, skipTimelineEntry) &&
    skipString(b) &&
    skipList(b, skipRecommendation) &&
    skipList(b, skipExplained) &&
    skipString(b)
  );
}

const NO_BYTES = new Uint8Array(0);

/** A layout of nothing yet: `layOutHead` and `layOutTail` write one signal after the other into it. */
export function emptyLayout(): SignalLayout {
  return {
    bytes: NO_BYTES,
    namesAt: 0,
    namesEnd: 0,
    traceAt: 0,
    traceEnd: 0,
    revision: 0,
    // A number with a fraction, so that the engine never makes an object of one in these places.
    eventTime: 0.5,
    partition: 0,
    offset: 0.5,
    sequence: 0,
    clock: 0.5,
    calls: 0,
    errorsAt: 0,
    factsAt: 0,
    findingsAt: 0,
  };
}

/** The layout of the Signal v2 that `bytes` hold from `from` to their end, if they are as `writeSignal` writes them. */
export function layOutSignal(bytes: Uint8Array, from: number): SignalLayout | undefined {
  const layout = emptyLayout();
  return layOutHead(bytes, from, layout) && layOutTail(layout) ? layout : undefined;
}

/** Everything before the facts, into `layout`; false where it is not as `writeSignal` writes it, or has no more behind it. */
export function layOutHead(bytes: Uint8Array, from: number, layout: SignalLayout): boolean {
  const b = bytes;
  at = from;
  end = b.length;
  layout.bytes = b;
  layout.namesAt = from;
  if (!(skipString(b) && skipSymbol(b) && skipString(b) && skipString(b))) return false;
  layout.namesEnd = at;
  if (!skipString(b)) return false;
  layout.traceEnd = at;
  layout.traceAt = at - number;
  if (!int(b)) return false;
  layout.revision = number;
  if (!long(b)) return false;
  layout.eventTime = number;
  if (!int(b)) return false;
  layout.partition = number;
  if (!long(b)) return false;
  layout.offset = number;
  if (!int(b)) return false;
  layout.sequence = number;
  if (!long(b)) return false;
  layout.clock = number;
  if (!int(b)) return false;
  layout.calls = number;
  layout.errorsAt = at;
  if (!(int(b) && skip(8))) return false;
  layout.factsAt = at;
  return true;
}

/** Everything from the facts on, behind a head that was laid out. */
export function layOutTail(layout: SignalLayout): boolean {
  const b = layout.bytes;
  at = layout.factsAt;
  end = b.length;
  if (!skipList(b, skipFact)) return false;
  layout.findingsAt = at;
  return skipList(b, skipFinding) && skipList(b, skipString) && at === end;
}

/**
 * `source.clock` of the TraceSummary v3 that `bytes` hold from `from` on; undefined where they do not begin as one. What
 * lies behind the clock is not looked at.
 */
export function readSummaryClock(bytes: Uint8Array, from: number): number | undefined {
  const b = bytes;
  at = from;
  end = b.length;
  const before = skipString(b) && skipString(b) && int(b) && int(b) && long(b) && int(b);
  return before && long(b) ? number : undefined;
}

/** Characters of checked bytes. */
export function textAt(b: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.utf8Slice.call(b, from, to);
}

// What follows reads bytes that have a layout, from `at` on.

function count(b: Uint8Array): number {
  end = b.length;
  long(b);
  return number;
}

function text(b: Uint8Array): string {
  const length = count(b);
  at += length;
  return textAt(b, at - length, at);
}

const eight = new DataView(new ArrayBuffer(8));
function double(b: Uint8Array): number {
  for (let i = 0; i < 8; i++) eight.setUint8(i, b[at++]);
  return eight.getFloat64(0, true);
}

function list<T>(b: Uint8Array, item: (b: Uint8Array) => T): T[] {
  const items: T[] = [];
  const n = count(b);
  if (n === 0) return items;
  for (let i = 0; i < n; i++) items.push(item(b));
  at++;
  return items;
}

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
    severity: SEVERITIES[b[at++] >> 1],
    agent: text(b),
    operation: text(b),
    signature: text(b),
    root: b[at++] === 1,
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
  at = from;
  return { tenant: text(b), scope: SCOPES[b[at++] >> 1], agent: text(b), operation: text(b) };
}

/** The list at `from`, where it is not empty, and so of each of these. */
export function readFacts(b: Uint8Array, from: number): Fact[] {
  at = from;
  return list(b, fact);
}

export function readFindings(b: Uint8Array, from: number): Finding[] {
  at = from;
  return list(b, finding);
}

/** The callees behind the findings at `from`. */
export function readCalleesBehind(b: Uint8Array, from: number): string[] {
  at = from;
  end = b.length;
  skipList(b, skipFinding);
  return list(b, text);
}

/** The whole signal. */
export function readSignal(layout: SignalLayout): Signal {
  const { bytes: b, revision, eventTime, partition, offset, sequence, clock, calls } = layout;
  const names = readNames(b, layout.namesAt);
  at = layout.errorsAt;
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
