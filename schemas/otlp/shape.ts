/**
 * The allowlist on messages that are written down as a table: what a field is by its tag decides what becomes of it,
 * and a field that is not in the table, or of another wire type, is dropped.
 */
import { type Filter, isZero } from './filter.ts';
import { checkNesting, isCode, isPlain } from './value-check.ts';
import { lengthEnd, next, past, skip, tag, varint, WireFault } from './wire.ts';

/**
 * - `varint`, `fixed32`, `fixed64`, `packed64`, `packedVarint`: numbers, kept;
 * - `time`: fixed64, noted in `timed`;
 * - `attribute`: a KeyValue, past the allowlist;
 * - `traceId`, `spanId`: dropped where they are none;
 * - `name`: hashed where it is long or has lines; `unit`, `code`: dropped where they do not look like one;
 * - `description`: dropped; `body`: an AnyValue, dropped unless bodies are allowed;
 * - `member`: left out here, since it is walked on its own;
 * - a shape: a message within.
 */
type Field =
  | 'varint'
  | 'fixed32'
  | 'fixed64'
  | 'packed64'
  | 'packedVarint'
  | 'time'
  | 'attribute'
  | 'traceId'
  | 'spanId'
  | 'name'
  | 'unit'
  | 'code'
  | 'description'
  | 'body'
  | 'member'
  | Shape;

/** What a field is, by tag. */
export type Shape = readonly (Field | undefined)[];

/** Greater than every tag of a message that is a table here (field numbers below 16). */
const TAGS = 0x80;
/** OpenTelemetry's bound on units. */
const MAX_UNIT_BYTES = 63;

/** From what its fields are, by tag; a field that is not named does not pass. */
export function shapeOf(fields: Readonly<Record<number, Field>>): Shape {
  const shape: (Field | undefined)[] = new Array(TAGS).fill(undefined);
  for (const [field, kind] of Object.entries(fields)) shape[Number(field)] = kind;
  return shape;
}

export interface ShapeOptions {
  readonly maxNesting: number;
  readonly allowBodies: boolean;
}

/** Walks messages by their shapes and notes in the filter's edits what must not pass. Throws WireFault on bad framing. */
export class ShapeFilter {
  /** The message last walked, or one within, had a `time` other than zero. */
  timed = false;
  readonly #filter: Filter;
  readonly #options: ShapeOptions;

  constructor(filter: Filter, options: ShapeOptions) {
    this.#filter = filter;
    this.#options = options;
  }

  /** Notes the edits of the message [from, end). */
  message(shape: Shape, from: number, end: number): void {
    this.timed = false;
    this.#walk(shape, from, end);
  }

  #walk(shape: Shape, from: number, end: number): void {
    const filter = this.#filter;
    const { b, edits, dropped } = filter;
    let kept = 0;
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(b, p, end);
      p = next;
      const kind = field < TAGS ? shape[field] : undefined;
      switch (kind) {
        case undefined:
          p = filter.unknown(start, p, end, field);
          break;
        case 'varint':
          varint(b, p, end);
          p = next;
          break;
        case 'fixed32':
          p = past(p, 4, end);
          break;
        case 'fixed64':
          p = past(p, 8, end);
          break;
        case 'time':
          p = past(p, 8, end);
          this.timed = !isZero(b, p - 8, 8);
          break;
        case 'packed64':
          p = lengthEnd(b, p, end);
          if ((p - next) % 8 !== 0) throw new WireFault('truncated value', next);
          break;
        case 'packedVarint':
          p = lengthEnd(b, p, end);
          while (next < p) varint(b, next, p);
          break;
        case 'attribute':
          p = lengthEnd(b, p, end);
          if (filter.attribute(start, next, p, kept, false)) kept++;
          break;
        case 'traceId':
        case 'spanId':
          p = lengthEnd(b, p, end);
          if (p > next && !isId(b, next, p, kind === 'traceId' ? 16 : 8)) {
            dropped.ids++;
            edits.drop(start, p);
          }
          break;
        case 'name':
          p = lengthEnd(b, p, end);
          filter.name(field, start, next, p);
          break;
        case 'unit':
        case 'code':
          p = lengthEnd(b, p, end);
          if (p > next && !(kind === 'unit' ? isUnit(b, next, p) : isCode(b, next, p))) {
            dropped.texts++;
            edits.drop(start, p);
          }
          break;
        case 'description':
          p = lengthEnd(b, p, end);
          if (p > next) dropped.descriptions++;
          edits.drop(start, p);
          break;
        case 'body':
          p = lengthEnd(b, p, end);
          checkNesting(b, next, p, this.#options.maxNesting);
          if (!this.#options.allowBodies) {
            dropped.bodies++;
            edits.drop(start, p);
          }
          break;
        case 'member':
          p = skip(b, p, end, field);
          edits.drop(start, p);
          break;
        default: {
          p = lengthEnd(b, p, end);
          const inner = next;
          const first = edits.count;
          this.#walk(kind, inner, p);
          edits.fold(b, start, field, inner, p, first);
        }
      }
    }
  }
}

/** Units have no spaces (UCUM): sentences do not pass. */
const isUnit = (b: Uint8Array, from: number, to: number) =>
  to - from <= MAX_UNIT_BYTES && !b.subarray(from, to).includes(0x20) && isPlain(b, from, to);

const isId = (b: Uint8Array, from: number, to: number, bytes: number) =>
  to - from === bytes && !isZero(b, from, bytes);
