/**
 * Events as Avro in the Confluent wire format: byte 0, schema id (int32, big endian), Avro body.
 *
 * `encode` writes the newest version of an event; a decoder reads every version that has an id (avro/ids.json) as the
 * newest. Plain longs are numbers from 1 − 2^52 to 2^53 − 2 (what avsc holds exactly); `timestamp-nanos` longs are bigints.
 */
import avsc from 'avsc';
import { EVENT_NAMES, SCHEMA_VERSIONS, versionsOf } from './avro/catalog.ts';
import { compileCheck } from './avro/check.ts';
import { begin, finish, header } from './avro/writer.ts';
import type { EventName, Events, Source } from './events.ts';
import { readSignal } from './read-signal.ts';
import { readSpanBatch } from './read-span-batch.ts';
import { readSummaryClock } from './read-summary.ts';
import { layOutSignal, type SignalLayout } from './signal-layout.ts';
import { type SignalFields, type SignalFrame, writeClockMark, writeSignal } from './write-events.ts';
import { type SummaryFields, type WrittenLists, writeTraceSummary } from './write-summary.ts';

export type Decoded =
  | { [Name in EventName]: { ok: true; name: Name; value: Events[Name] } }[EventName]
  | { ok: false; reason: string };
export type DecodedAs<Name extends EventName> =
  | { ok: true; value: Events[Name] }
  | { ok: false; reason: string };

const HEADER_BYTES = 5;

const bigintLong = avsc.types.LongType.__with({
  fromBuffer: (buf: Buffer) => buf.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buf = Buffer.allocUnsafe(8);
    buf.writeBigInt64LE(value);
    return buf;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** The name of a finding's kind. It was an enum before detectors could be added without a new schema; its names stay. */
class FindingKindType extends avsc.types.LogicalType {
  override _fromValue(value: unknown): unknown {
    return value;
  }
  override _toValue(value: unknown): unknown {
    return value;
  }
  override _resolve(writer: avsc.Type): ((value: unknown) => unknown) | undefined {
    return avsc.Type.isType(writer, 'enum', 'string', 'logical:finding-kind') ? (value) => value : undefined;
  }
}

/** The avsc type of a schema, as ATI reads and writes it. */
export function avroType(text: string): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(text), {
    omitRecordMethods: true,
    logicalTypes: { 'finding-kind': FindingKindType },
    typeHook: (schema) =>
      typeof schema === 'object' && 'logicalType' in schema && schema.logicalType === 'timestamp-nanos'
        ? bigintLong
        : undefined,
  });
}

interface Writer {
  readonly id: number;
  readonly type: avsc.Type;
}
interface Reader {
  readonly name: EventName;
  readonly check: (buf: Uint8Array, start: number) => string | undefined;
  readonly read: (body: Buffer) => unknown;
}

const types = new Map(SCHEMA_VERSIONS.map((entry) => [entry.id, avroType(entry.text)]));
const writers = new Map<EventName, Writer>();
const readers = new Map<number, Reader>();
for (const name of EVENT_NAMES) {
  const versions = versionsOf(name);
  const newest = versions[versions.length - 1];
  if (newest === undefined) throw new Error(`no schema of ${name} has an id: run schemas/avro/main.ts`);
  const newestType = types.get(newest.id)!;
  writers.set(name, { id: newest.id, type: newestType });
  for (const { id, schema } of versions) {
    const resolver = id === newest.id ? undefined : newestType.createResolver(types.get(id)!);
    readers.set(id, {
      name,
      check: compileCheck(schema),
      read: (body) => newestType.fromBuffer(body, resolver),
    });
  }
}

const SIGNAL_ID = writers.get('Signal')!.id;
const SUMMARY_ID = writers.get('TraceSummary')!.id;
const CLOCK_MARK_ID = writers.get('ClockMark')!.id;

/** Replaces lone surrogates (a string cut in the middle of a pair): avsc would write them as invalid UTF-8. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    return value.every((item) => wellFormed(item) === item) ? value : value.map(wellFormed);
  }
  let changed: Record<string, unknown> | undefined;
  for (const [key, item] of Object.entries(value)) {
    const good = wellFormed(item);
    if (good !== item) changed = { ...(changed ?? value), [key]: good };
  }
  return changed ?? value;
}

/** avsc copies bytes with Buffer's own methods. */
function withBuffers<Name extends EventName>(value: Events[Name]): unknown {
  if (!('otlp' in value) || Buffer.isBuffer(value.otlp)) return value;
  const { buffer, byteOffset, byteLength } = value.otlp;
  return { ...value, otlp: Buffer.from(buffer, byteOffset, byteLength) };
}

/**
 * What a processor writes for every trace has a writer of its own (see `putSummary`, too): a walk over the value and
 * then avsc was the first in the profile.
 */
const direct: { readonly [Name in EventName]?: (value: Events[Name]) => void } = {
  Signal: (value) => writeSignal(value, value.source, value),
  ClockMark: writeClockMark,
};

let scratch: Buffer = Buffer.allocUnsafeSlow(16 << 10);

/** The event's bytes for a topic. Throws on a value that is not of its schema: that is a bug of the caller. */
export function encode<Name extends EventName>(name: Name, value: Events[Name]): Buffer {
  const { id } = writers.get(name)!;
  const write: ((value: Events[Name]) => void) | undefined = direct[name];
  if (write === undefined) return encodeByAvsc(name, value);
  begin();
  header(id);
  write(value);
  return finish();
}

/** A Signal as `encode` gives it, into what is being written (see `Part`). */
export function putSignal(frame: SignalFrame, source: Source, fields: SignalFields): void {
  header(SIGNAL_ID);
  writeSignal(frame, source, fields);
}

/** A TraceSummary of which some lists are written already, into what is being written. */
export function putSummary(fields: SummaryFields, lists: WrittenLists): void {
  header(SUMMARY_ID);
  writeTraceSummary(fields, lists);
}

/** A ClockMark, into what is being written. */
export function putClockMark(source: Source): void {
  header(CLOCK_MARK_ID);
  writeClockMark({ source });
}

/** Any event, by avsc alone: what `encode` must equal. */
export function encodeByAvsc<Name extends EventName>(name: Name, value: Events[Name]): Buffer {
  const { id, type } = writers.get(name)!;
  const good = wellFormed(withBuffers(value));
  const end = type.encode(good, scratch, HEADER_BYTES);
  if (end >= 0) {
    setHeader(scratch, id);
    // A buffer of its own: callers may keep or transfer it.
    return Buffer.copyBytesFrom(scratch, 0, end);
  }
  const out = Buffer.allocUnsafeSlow(scratch.length - end);
  type.encode(good, out, HEADER_BYTES);
  setHeader(out, id);
  if (out.length <= 256 << 10) scratch = Buffer.allocUnsafeSlow(out.length * 2);
  return out;
}

function setHeader(buf: Buffer, id: number): void {
  buf[0] = 0;
  buf.writeInt32BE(id, 1);
}

function idOf(bytes: Uint8Array): number {
  return (bytes[1] << 24) | (bytes[2] << 16) | (bytes[3] << 8) | bytes[4] | 0;
}

/** The event in `bytes`, of whichever kind; never throws. The value shares no memory with `bytes`. */
export function decode(bytes: Uint8Array): Decoded {
  const signal = viewSignal(bytes);
  return signal === undefined ? decodeByAvsc(bytes) : { ok: true, name: 'Signal', value: readSignal(signal) };
}

/** Any event, by avsc alone: what `decode` must equal. */
export function decodeByAvsc(bytes: Uint8Array): Decoded {
  if (bytes.length < HEADER_BYTES) return { ok: false, reason: 'truncated: no schema id' };
  if (bytes[0] !== 0) return { ok: false, reason: `not the Confluent wire format: first byte ${bytes[0]}` };
  const id = idOf(bytes);
  const reader = readers.get(id);
  if (reader === undefined) return { ok: false, reason: `unknown schema id ${id}` };
  const wrong = reader.check(bytes, HEADER_BYTES);
  if (wrong !== undefined) return { ok: false, reason: `${reader.name}: ${wrong}` };
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + HEADER_BYTES, bytes.length - HEADER_BYTES);
  return { ok: true, name: reader.name, value: reader.read(body) } as Decoded;
}

/**
 * Where everything stands in the bytes of a Signal, which it keeps; undefined for everything else, and for what
 * `decode` has to judge.
 */
export function viewSignal(bytes: Uint8Array): SignalLayout | undefined {
  const at = signalAt(bytes);
  return at < 0 ? undefined : layOutSignal(bytes, at);
}

/** Where the body of a Signal of the newest version begins; -1 for everything else. */
export function signalAt(bytes: Uint8Array): number {
  return bytes.length >= HEADER_BYTES && bytes[0] === 0 && idOf(bytes) === SIGNAL_ID ? HEADER_BYTES : -1;
}

/** `source.clock` of a TraceSummary of the newest version, of which no more is read; undefined for everything else. */
export function summaryClock(bytes: Uint8Array): number | undefined {
  const known = bytes.length >= HEADER_BYTES && bytes[0] === 0 && idOf(bytes) === SUMMARY_ID;
  return known ? readSummaryClock(bytes, HEADER_BYTES) : undefined;
}

/** Like `decodeAs` of a SpanBatch; its `otlp` is a view of `bytes`, not a copy. */
export function viewSpanBatch(bytes: Uint8Array): DecodedAs<'SpanBatch'> {
  if (bytes.length < HEADER_BYTES || bytes[0] !== 0 || idOf(bytes) !== writers.get('SpanBatch')!.id)
    return decodeAs('SpanBatch', bytes);
  const wrong = readers.get(idOf(bytes))!.check(bytes, HEADER_BYTES);
  if (wrong !== undefined) return { ok: false, reason: `SpanBatch: ${wrong}` };
  return { ok: true, value: readSpanBatch(bytes, HEADER_BYTES) };
}

/** The event in `bytes` if it is a `name`; never throws. */
export function decodeAs<Name extends EventName>(name: Name, bytes: Uint8Array): DecodedAs<Name> {
  const decoded = decode(bytes);
  if (!decoded.ok) return decoded;
  if (decoded.name !== name) return { ok: false, reason: `expected ${name}, found ${decoded.name}` };
  return { ok: true, value: decoded.value as Events[Name] };
}
