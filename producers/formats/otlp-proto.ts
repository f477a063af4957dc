/**
 * OTLP protobuf: one TracesData (the same bytes as an ExportTraceServiceRequest), or several behind their lengths: four
 * bytes, big endian, as the Collector's file exporter writes them, or a varint, as protobuf's writeDelimitedTo does.
 */
import { ResourceSpans, ScopeSpans, TracesData } from '#schemas/otlp/fields.ts';
import { guarded, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { ProtoWriter } from '#schemas/otlp/write.ts';
import type { Collected } from './collected.ts';
import { throughDoor } from './door.ts';

export type Framing = 'message' | 'length-prefixed' | 'delimited';

const FIRST = TracesData.resourceSpans;

/** How the messages lie in these bytes; undefined where they do not look like any. */
export function framingOf(b: Uint8Array): Framing | undefined {
  if (b[0] === FIRST) return 'message';
  // A message, or a compressed or JSON one, behind four bytes of length.
  if (b.length > 4 && [FIRST, 0x7b, 0x28].includes(b[4]) && fixedLength(b, 0) > 0 && b[0] < 0x40)
    return 'length-prefixed';
  const length = guarded(() => ({ ok: true as const, end: lengthEnd(b, 0, b.length), from: next }));
  return length.ok && b[length.from] === FIRST ? 'delimited' : undefined;
}

const fixedLength = (b: Uint8Array, p: number) =>
  ((b[p] << 24) | (b[p + 1] << 16) | (b[p + 2] << 8) | b[p + 3]) >>> 0;

/** The messages behind their lengths, with the byte they start at. What is cut off is a fault of `into`. */
export function* frames(
  b: Uint8Array,
  framing: 'length-prefixed' | 'delimited',
  into: Collected,
): Generator<{ at: number; bytes: Uint8Array }> {
  for (let p = 0, number = 1; p < b.length; number++) {
    let from = p + 4;
    let length = 0;
    if (framing === 'delimited') {
      const read = guarded(() => ({
        ok: true as const,
        end: lengthEnd(b, p, Number.MAX_SAFE_INTEGER),
        from: next,
      }));
      if (!read.ok) return into.fault(`byte ${p}`, `the length of message ${number} is no number`);
      from = read.from;
      length = read.end - read.from;
    } else if (from <= b.length) length = fixedLength(b, p);
    if (from > b.length || length > b.length - from) {
      const left = Math.max(0, b.length - from);
      into.fault(`byte ${p}`, `cut off here: message ${number} has ${length} bytes, but only ${left} follow`);
      return;
    }
    yield { at: from, bytes: b.subarray(from, from + length) };
    p = from + length;
  }
}

/** One TracesData message, each of its ResourceSpans for itself; `base` is the byte of the file at which it starts. */
export function readOtlpProto(b: Uint8Array, base: number, into: Collected): void {
  for (let p = 0; p < b.length; ) {
    const at = p;
    const read = guarded(() => {
      const field = tag(b, at, b.length);
      const from = next;
      return { ok: true as const, field, end: skip(b, from, b.length, field) };
    });
    if (!read.ok) {
      const left = b.length - at;
      into.fault(
        `byte ${base + at}`,
        b[0] !== FIRST
          ? `is no OTLP protobuf: ${read.reason}`
          : `cut off or broken: ${read.reason.replace(/ at byte \d+$/, '')}, where ${left} bytes are left`,
      );
      return;
    }
    p = read.end;
    if (read.field === FIRST) resourceSpans(b.subarray(at, p), base + at, into);
    else into.note(`fields of number ${read.field >>> 3} beside the spans: left out`);
  }
}

/** A field ResourceSpans, which is a message TracesData. */
function resourceSpans(message: Uint8Array, base: number, into: Collected): void {
  const passed = throughDoor(message);
  if (!passed.ok) {
    const reason = passed.reason.replace(/ at byte (\d+)$/, (_, byte) => ` at byte ${base + Number(byte)}`);
    into.fault(`byte ${base}`, `is no OTLP protobuf: ${reason}`);
    return;
  }
  into.message(message, passed.rejected > 0 ? nameRejected(message, base, into) : 0);
}

/** Which spans the door turned away, and how many: it counts them only, so each is shown to it alone. */
function nameRejected(message: Uint8Array, base: number, into: Collected): number {
  const before = into.skipped.count;
  const walked = guarded(() => {
    for (const group of fields(message, 0, message.length, FIRST))
      for (const scope of fields(message, group.from, group.to, ResourceSpans.scopeSpans))
        for (const { from, to } of fields(message, scope.from, scope.to, ScopeSpans.spans)) {
          const alone = throughDoor(wrapped(message.subarray(from, to)));
          if (alone.ok && alone.rejected > 0)
            into.skip(`byte ${base + from}`, alone.rejectedReason.replace(/ \(1 span\)$/, ''));
        }
    return { ok: true as const };
  });
  if (!walked.ok) throw new Error(`a message that passed the door cannot be walked: ${walked.reason}`);
  return into.skipped.count - before;
}

/** The fields with this tag between two bytes. */
function* fields(b: Uint8Array, from: number, to: number, wanted: number) {
  for (let p = from; p < to; ) {
    const field = tag(b, p, to);
    const at = next;
    p = skip(b, at, to, field);
    if (field !== wanted) continue;
    lengthEnd(b, at, to);
    yield { from: next, to: p };
  }
}

function wrapped(span: Uint8Array): Uint8Array {
  const w = new ProtoWriter();
  w.message(FIRST, () => w.message(ResourceSpans.scopeSpans, () => w.bytes(ScopeSpans.spans, span)));
  return w.finish();
}
