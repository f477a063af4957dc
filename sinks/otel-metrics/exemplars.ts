/** Exemplars of a data point → the nested columns Exemplars.*: arrays of equal length. */
import { Exemplar } from '#schemas/otlp/metric-fields.ts';
import { double, next, past, skip, tag, uint32, uint64 } from '#schemas/otlp/wire.ts';
import { writeAttributeMap } from '../otel-traces/attribute-map.ts';
import { findLast, valueFrom, valueTo } from '../otel-traces/last-field.ts';
import type { Ranges } from '../otlp/ranges.ts';
import { writeId, writeTime } from '../otlp/values.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';

export const EXEMPLAR_COLUMNS = [
  'Exemplars.FilteredAttributes',
  'Exemplars.TimeUnix',
  'Exemplars.Value',
  'Exemplars.SpanId',
  'Exemplars.TraceId',
] as const;

/** Throws WireFault. */
export function writeExemplars(out: RowBuffer, b: Uint8Array, exemplars: Ranges): void {
  const { n } = exemplars;
  out.varint(n);
  for (let i = 0; i < n; i++) {
    writeAttributeMap(out, b, exemplars.from(i), exemplars.to(i), Exemplar.filteredAttributes);
  }
  out.varint(n);
  for (let i = 0; i < n; i++) {
    let at = -1;
    eachFixed64(b, exemplars.from(i), exemplars.to(i), (field, start) => {
      if (field === Exemplar.timeUnixNano) at = start;
    });
    if (at < 0) out.words(0, 0);
    else writeTime(out, uint32(b, at), uint32(b, at + 4));
  }
  out.varint(n);
  for (let i = 0; i < n; i++) {
    let value = 0;
    eachFixed64(b, exemplars.from(i), exemplars.to(i), (field, start) => {
      if (field === Exemplar.asDouble) value = double(b, start);
      else if (field === Exemplar.asInt) value = signed64(b, start);
    });
    out.float64(value);
  }
  for (const [field, size] of IDS) {
    out.varint(n);
    for (let i = 0; i < n; i++) {
      findLast(b, exemplars.from(i), exemplars.to(i), field);
      writeId(out, b, valueFrom, valueTo, size);
    }
  }
}

const IDS = [
  [Exemplar.spanId, 8],
  [Exemplar.traceId, 16],
] as const;

/** The sfixed64 at b[at] as the nearest double; the caller has checked the bounds. */
export function signed64(b: Uint8Array, at: number): number {
  return Number(BigInt.asIntN(64, uint64(b, at)));
}

function eachFixed64(
  b: Uint8Array,
  from: number,
  end: number,
  visit: (field: number, at: number) => void,
): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if ((field & 7) !== 1) continue;
    past(start, 8, end);
    visit(field, start);
  }
}
