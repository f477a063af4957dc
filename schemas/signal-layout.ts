/**
 * A Signal v2 as its bytes: one walk over them tells that they are well formed and where everything stands, and nothing
 * is read but what is asked for. What is not exactly as `writeSignal` writes it (blocks of arrays, numbers too long) has
 * no layout, good or bad: avsc and its check judge it. codec.prop.test.ts compares the two.
 */
import {
  at,
  atEnd,
  int,
  long,
  number,
  readFrom,
  skip,
  skipBit,
  skipList,
  skipString,
  skipSymbol,
} from './avro/reader.ts';

/** Numbers that a signal has, whatever its bytes stand in. */
export interface SignalNumbers {
  /** The characters of its trace id, without their length. */
  traceAt: number;
  traceEnd: number;
  revision: number;
  /** Unix ms. */
  eventTime: number;
  /** The source, as in `Source`. */
  partition: number;
  offset: number;
  sequence: number;
  clock: number;
  calls: number;
}

/** None yet. */
export function noNumbers(): SignalNumbers {
  return {
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
  };
}

/** Where the parts of a signal stand in `bytes`: positions, each of a list at its count. */
export interface SignalLayout extends SignalNumbers {
  bytes: Uint8Array;
  /** Tenant, scope, agent and operation: the same bytes, the same names. */
  namesAt: number;
  namesEnd: number;
  errorsAt: number;
  factsAt: number;
  findingsAt: number;
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

export function skipFinding(b: Uint8Array): boolean {
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
    ...noNumbers(),
    bytes: NO_BYTES,
    namesAt: 0,
    namesEnd: 0,
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
  readFrom(b, from);
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
  readFrom(b, layout.factsAt);
  if (!skipList(b, skipFact)) return false;
  layout.findingsAt = at;
  return skipList(b, skipFinding) && skipList(b, skipString) && atEnd();
}
