/**
 * The events that stage 1 writes for every trace, field by field in the order of their newest schema: Signal v2, ClockMark
 * v1, and what a TraceSummary (write-summary.ts) has of objects. A new version changes its writer with it; codec.prop.test.ts compares the bytes with avsc's.
 * Each kind of array has a loop of its own: V8 knows what it calls and what it reads.
 */
import {
  beginArray,
  boolean,
  double,
  endOfArray,
  id,
  int,
  long,
  name,
  string,
  symbol,
} from './avro/writer.ts';
import {
  type ClockMark,
  type Explained,
  type Fact,
  type Finding,
  type Insight,
  type Measure,
  type Recommendation,
  SEVERITIES,
  type Signal,
  type Source,
  type TimelineEntry,
} from './events.ts';

const SCOPES = ['operation', 'instance'];

function strings(items: readonly string[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) name(items[i]);
  endOfArray();
}

export function source(value: Source): void {
  int(value.partition);
  long(value.offset);
  int(value.sequence);
  long(value.clock);
}

function measure(value: Measure): void {
  name(value.name);
  double(value.value);
  name(value.unit);
}

function measures(items: readonly Measure[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) measure(items[i]);
  endOfArray();
}

function timelineEntry(value: TimelineEntry): void {
  name(value.label);
  double(value.startMs);
  double(value.durationMs);
  name(value.outcome);
}

function timeline(items: readonly TimelineEntry[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) timelineEntry(items[i]);
  endOfArray();
}

function recommendation(value: Recommendation): void {
  name(value.action);
  string(value.text);
}

function recommendations(items: readonly Recommendation[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) recommendation(items[i]);
  endOfArray();
}

function explained(value: Explained): void {
  string(value.incidentId);
  name(value.kind);
  name(value.agent);
  name(value.operation);
  string(value.signature);
}

function explanations(items: readonly Explained[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) explained(items[i]);
  endOfArray();
}

function finding(value: Finding): void {
  name(value.kind);
  string(value.incidentId);
  symbol(SEVERITIES, value.severity);
  name(value.agent);
  name(value.operation);
  string(value.signature);
  boolean(value.root);
  measures(value.evidence);
  timeline(value.timeline);
  string(value.explanation);
  recommendations(value.recommendations);
  explanations(value.explains);
  string(value.explainedBy);
}

export function findings(items: readonly Finding[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) finding(items[i]);
  endOfArray();
}

function insight(value: Insight): void {
  name(value.kind);
  boolean(value.found);
  name(value.agent);
  name(value.operation);
  string(value.answer);
  measures(value.evidence);
  timeline(value.timeline);
}

export function insights(items: readonly Insight[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) insight(items[i]);
  endOfArray();
}

function fact(value: Fact): void {
  name(value.kind);
  name(value.callee);
  measures(value.values);
}

function facts(items: readonly Fact[]): void {
  const n = beginArray(items);
  for (let i = 0; i < n; i++) fact(items[i]);
  endOfArray();
}

/** What the signals of one revision have in common. */
export type SignalFrame = Readonly<Pick<Signal, 'tenant' | 'traceId' | 'revision' | 'eventTime'>>;
export type SignalFields = Readonly<Omit<Signal, keyof SignalFrame | 'source'>>;

export function writeSignal(frame: SignalFrame, from: Source, value: SignalFields): void {
  name(frame.tenant);
  symbol(SCOPES, value.scope);
  name(value.agent);
  name(value.operation);
  id(frame.traceId);
  int(frame.revision);
  long(frame.eventTime);
  source(from);
  int(value.calls);
  int(value.errors);
  double(value.durationMs);
  facts(value.facts);
  findings(value.findings);
  strings(value.callees);
}

export function writeClockMark(value: ClockMark): void {
  source(value.source);
}
