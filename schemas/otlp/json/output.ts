/** Where the fields of a JSON body are written as protobuf: one place for all bodies, since one is converted at a time. */
import { Bytes } from '../edits.ts';
import { word } from './integer.ts';
import { type JsonField, Kind } from './message.ts';

/** Of what is kept from body to body. */
const MAX_KEPT_BYTES = 1 << 20;

export const out = new Bytes(4096);

/** A copy of what was written. */
export const written = (): Uint8Array => Uint8Array.prototype.slice.call(out.buf, 0, out.n);

/** Empties it; the memory of a large body is given back. */
export const empty = (): void => out.reset(MAX_KEPT_BYTES);

/** Begins a length-delimited field; returns where its content begins. */
export function open(field: JsonField): number {
  out.varint(field.tag);
  out.n += field.lengthBytes;
  return out.n;
}

/**
 * Writes the length of the content since `start`, for which `open` kept `kept` bytes. Content moves when it needs more
 * or less of them; the field keeps as many the next time, so that few do.
 */
export function close(field: JsonField, start: number, kept: number): void {
  let length = out.n - start;
  const bytes = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5;
  if (bytes !== kept) {
    out.room(bytes);
    out.buf.copyWithin(start - kept + bytes, start, out.n);
    out.n += bytes - kept;
    field.lengthBytes = bytes;
  }
  let p = start - kept;
  for (; length > 0x7f; length >>>= 7) out.buf[p++] = (length & 0x7f) | 0x80;
  out.buf[p] = length;
}

/** Writes `word`, without a tag, as the type of a field has it. There must be room. */
export function writeNumber(kind: Kind): void {
  const { buf } = out;
  const low = word[0];
  const high = word[1];
  switch (kind) {
    case Kind.fixed32:
      out.n = buf.writeUInt32LE(low, out.n);
      return;
    case Kind.fixed64:
    case Kind.fixed64s:
    case Kind.sfixed64:
    case Kind.double:
    case Kind.doubles:
      out.n = buf.writeUInt32LE(high, buf.writeUInt32LE(low, out.n));
      return;
    case Kind.sint32:
      out.varint(((low << 1) ^ (low >> 31)) >>> 0);
      return;
    default:
      writeVarint(low, high);
  }
}

function writeVarint(low: number, high: number): void {
  const { buf } = out;
  let rest = low;
  for (let above = high; above !== 0 || rest > 0x7f; above >>>= 7) {
    buf[out.n++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (above << 25)) >>> 0;
  }
  buf[out.n++] = rest;
}
