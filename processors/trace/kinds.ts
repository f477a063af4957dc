/**
 * What a span is called and does, once for all spans of which the same is to be said. A trace closes seconds after its
 * spans came: they are described on arrival, while their bytes are in the processor's cache, and closing reads none.
 */
import {
  ATTRIBUTES_OF,
  type AttributeValue,
  attributeValue,
  findAttribute,
} from '#schemas/otlp/attributes.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { KeySet, roomFor } from '#schemas/otlp/key-set.ts';
import { copyBytes, sameBytes } from '#schemas/otlp/words.ts';
import { ATTR } from '#schemas/semconv.ts';
import { CONVENTION, EMPTY, generation, type Name, NO_ROLE, nameAt, newest, textOf } from './names.ts';
import type { Origin } from './origins.ts';
import { ROLE } from './roles.ts';

/** The attributes of spans that describing, detectors and insights ask for. */
export const SPAN_KEYS = new KeySet(ATTRIBUTES_OF.span, [
  ATTR.ATI_ROLE,
  ATTR.GEN_AI_OPERATION_NAME,
  ATTR.OPENINFERENCE_SPAN_KIND,
  ATTR.GEN_AI_AGENT_NAME,
  ATTR.OPENINFERENCE_AGENT_NAME,
  ATTR.GEN_AI_TOOL_NAME,
  ATTR.OPENINFERENCE_TOOL_NAME,
  ATTR.HTTP_STATUS_CODE,
  ATTR.ERROR_TYPE,
  ATTR.HTTP_RESEND_COUNT,
  ATTR.ATI_ATTEMPT,
  ATTR.ATI_ARGS_HASH,
  ATTR.GEN_AI_TOOL_ARGUMENTS,
  ATTR.ATI_STREAM_TOKEN_OFFSETS,
  ATTR.ATI_STREAM_INTERVAL,
  'http.response.body.size',
  'http.request.body.size',
  'ati.payload.bytes',
]);

/** Their indexes in SPAN_KEYS. */
const KEY = {
  atiRole: SPAN_KEYS.indexOf(ATTR.ATI_ROLE),
  operationName: SPAN_KEYS.indexOf(ATTR.GEN_AI_OPERATION_NAME),
  spanKind: SPAN_KEYS.indexOf(ATTR.OPENINFERENCE_SPAN_KIND),
  agentName: SPAN_KEYS.indexOf(ATTR.GEN_AI_AGENT_NAME),
  openInferenceAgent: SPAN_KEYS.indexOf(ATTR.OPENINFERENCE_AGENT_NAME),
  toolName: SPAN_KEYS.indexOf(ATTR.GEN_AI_TOOL_NAME),
  openInferenceTool: SPAN_KEYS.indexOf(ATTR.OPENINFERENCE_TOOL_NAME),
  httpStatus: SPAN_KEYS.indexOf(ATTR.HTTP_STATUS_CODE),
} as const;

/** The keys that a kind depends on, as bits of `found`: all from the first to http.response.status_code. */
const TELLING = (1 << (KEY.httpStatus + 1)) - 1;
/** A status that no HTTP server answers with is looked up in the bytes. */
const MOST_STATUS = 999;

export class SpanKind {
  name: Name;
  operation: Name;
  /** The span's own gen_ai.agent.name; the empty name without one. */
  ownAgent: Name;
  callee: Name;
  readonly role: number;
  /** As KeySet.locate's: which of SPAN_KEYS the span has. */
  readonly found: number;
  /** http.response.status_code; -1 without one, or where it is not from 0 to 999. */
  readonly httpStatus: number;
  /** Of the names. */
  generation: number;
  /** Their indexes in the strings of the trace that is being described, if `trace` is that one's number. */
  trace = -1;
  nameIndex = 0;
  operationIndex = 0;
  ownAgentIndex = 0;
  calleeIndex = 0;

  /** Of the span at hand. */
  constructor(name: Name, found: number) {
    this.name = name;
    this.operation = name.normal;
    this.role = roleOf(name);
    this.ownAgent = agentOf(name, this.role) ?? EMPTY;
    this.callee = (this.role === ROLE.tool ? calledTool(name.normal) : undefined) ?? name.normal;
    this.found = found;
    this.httpStatus = statusOf(span.b);
    this.generation = generation();
  }

  /** Those of one trace must have names of one generation. */
  renew(): void {
    this.name = newest(this.name);
    this.operation = newest(this.operation);
    this.ownAgent = newest(this.ownAgent);
    this.callee = newest(this.callee);
    this.generation = generation();
  }
}

/** Bytes of name and telling values together: of longer ones the kind is not kept. */
const LONGEST = 128;
/** Kinds that are kept, a power of two: one for each hash, of two that share one the later stays. */
const KEPT = 1 << 11;
/** Of each place: `found`, the length of the name, and of each telling value. */
const LENGTHS = 2 + KEY.httpStatus + 1;
const kept: (SpanKind | undefined)[] = new Array(KEPT).fill(undefined);
const keptLengths = new Int32Array(KEPT * LENGTHS);
const keptBytes = new DataView(new ArrayBuffer(KEPT * LONGEST));

const located = roomFor(SPAN_KEYS, 1);
const { at } = located;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** The span at hand: who makes its kind asks for its attributes. */
const span = { b: NO_BYTES, offset: 0, length: 0 };

/** Where the kind of a span whose attributes are in `located` would be kept; -1 where it is too long. */
function placeOf(b: Uint8Array, name: number, nameLength: number, found: number): number {
  let bytes = nameLength;
  let hash = Math.imul(found, 0x9e3779b1) ^ nameLength;
  if (nameLength > 0) {
    hash = Math.imul(hash, 31) + b[name + nameLength - 1];
    hash = Math.imul(hash, 31) + b[name + (nameLength >> 1)];
    hash = Math.imul(hash, 31) + b[name + (nameLength >> 2)];
    hash = Math.imul(hash, 31) + b[name];
  }
  for (let rest = found & TELLING; rest !== 0; rest &= rest - 1) {
    const key = (31 - Math.clz32(rest & -rest)) * 2;
    const from = at[key];
    const to = at[key + 1];
    bytes += to - from;
    if (to > from) hash = Math.imul(hash, 31) + ((to - from) << 8) + b[to - 1];
    if (to > from) hash = Math.imul(hash, 31) + b[(from + to) >> 1];
  }
  return bytes > LONGEST ? -1 : (hash ^ (hash >>> 11) ^ (hash >>> 22)) & (KEPT - 1);
}

/** Is what is kept there of a span that says the same? */
function isSame(place: number, view: DataView, name: number, nameLength: number, found: number): boolean {
  const lengths = place * LENGTHS;
  if (keptLengths[lengths] !== found || keptLengths[lengths + 1] !== nameLength) return false;
  let bytes = place * LONGEST;
  if (!sameBytes(view, name, keptBytes, bytes, nameLength)) return false;
  bytes += nameLength;
  for (let rest = found & TELLING; rest !== 0; rest &= rest - 1) {
    const key = 31 - Math.clz32(rest & -rest);
    const from = at[key * 2];
    const length = at[key * 2 + 1] - from;
    if (keptLengths[lengths + 2 + key] !== length) return false;
    if (!sameBytes(view, from, keptBytes, bytes, length)) return false;
    bytes += length;
  }
  return true;
}

function keep(place: number, view: DataView, name: number, nameLength: number, found: number): void {
  const lengths = place * LENGTHS;
  keptLengths[lengths] = found;
  keptLengths[lengths + 1] = nameLength;
  let bytes = place * LONGEST;
  copyBytes(view, name, keptBytes, bytes, nameLength);
  bytes += nameLength;
  for (let rest = found & TELLING; rest !== 0; rest &= rest - 1) {
    const key = 31 - Math.clz32(rest & -rest);
    const from = at[key * 2];
    const length = at[key * 2 + 1] - from;
    keptLengths[lengths + 2 + key] = length;
    copyBytes(view, from, keptBytes, bytes, length);
    bytes += length;
  }
}

/** The kind of the span in that row, from its bytes. */
export function kindOf(c: SpanColumns, row: number): SpanKind {
  span.b = c.buffers[c.buffer[row]];
  span.offset = c.spanOffset[row];
  span.length = c.spanLength[row];
  SPAN_KEYS.locate(span.b, span.offset, span.length, located, 0);
  const name = c.nameOffset[row];
  const kind = new SpanKind(nameAt(span.b, name, name + c.nameLength[row]), located.found[0]);
  span.b = NO_BYTES;
  return kind;
}

/** Spans with what is known of them, by row; undefined: to be found in their bytes. */
export class DescribedColumns extends SpanColumns {
  kinds: (SpanKind | undefined)[] = [];
  origins: (Origin | undefined)[] = [];

  override get keys(): KeySet {
    return SPAN_KEYS;
  }

  override get at(): Int32Array {
    return at;
  }

  /** The row has that kind if it was seen of late: one for which no memory is needed. */
  override describe(b: Uint8Array, view: DataView, row: number, found: number): void {
    this.kinds[row] = undefined;
    if (found < 0) return;
    const name = this.nameOffset[row];
    const nameLength = this.nameLength[row];
    const place = placeOf(b, name, nameLength, found);
    if (place < 0) return;
    const known = kept[place];
    if (known !== undefined && isSame(place, view, name, nameLength, found)) {
      this.kinds[row] = known;
      return;
    }
    keep(place, view, name, nameLength, found);
    span.b = b;
    span.offset = this.spanOffset[row];
    span.length = this.spanLength[row];
    located.found[0] = found;
    kept[place] = new SpanKind(nameAt(b, name, name + nameLength), found);
    span.b = NO_BYTES;
  }
}

/** The text of one of SPAN_KEYS, given by its index, of the span at hand. */
function text(key: number): Name | undefined {
  return textOf(SPAN_KEYS, span.b, span.offset, span.length, located, 0, key);
}

function roleOf(name: Name): number {
  let role = text(KEY.atiRole)?.statedRole(CONVENTION.ati) ?? NO_ROLE;
  if (role === NO_ROLE) role = text(KEY.operationName)?.statedRole(CONVENTION.genAi) ?? NO_ROLE;
  if (role === NO_ROLE) role = text(KEY.spanKind)?.statedRole(CONVENTION.openInference) ?? NO_ROLE;
  if (role === NO_ROLE) role = name.suggestedRole;
  return role === NO_ROLE ? ROLE.other : role;
}

/** `invoke_agent NAME` is how GenAI spans are named; the name stands in where the attribute is missing. */
function agentOf(name: Name, role: number): Name | undefined {
  const stated = text(KEY.agentName);
  if (stated !== undefined || role !== ROLE.agent) return stated;
  return text(KEY.openInferenceAgent) ?? name.invokedAgent;
}

/** Spans of all tools may share one name: the tool's own name tells them apart. */
function calledTool(operation: Name): Name | undefined {
  const tool = text(KEY.toolName) ?? text(KEY.openInferenceTool);
  return tool && operation.qualifiedBy(tool.normal);
}

function statusOf(b: Uint8Array): number {
  const place = SPAN_KEYS.placeOf(located, 0, KEY.httpStatus);
  if (place < 0) return -1;
  const status = attributeValue(b, at[place], at[place + 1]);
  return typeof status === 'number' && status >= 0 && status <= MOST_STATUS && Number.isInteger(status)
    ? status
    : -1;
}

/** The attribute of the row, whose kind that is: from the bytes only where the kind does not say it. */
export function attributeOf(
  c: SpanColumns,
  row: number,
  kind: SpanKind,
  key: string,
): AttributeValue | undefined {
  const index = SPAN_KEYS.indexOf(key);
  if (!SPAN_KEYS.mayHave(kind.found, index)) return undefined;
  if (index === KEY.httpStatus && kind.httpStatus >= 0) return kind.httpStatus;
  const b = c.buffers[c.buffer[row]];
  return findAttribute(b, c.spanOffset[row], c.spanLength[row], ATTRIBUTES_OF.span, key);
}
