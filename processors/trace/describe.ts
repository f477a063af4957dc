import { ATTRIBUTES_OF } from '#schemas/otlp/attributes.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { ABSENT, KeySet, type Located } from '#schemas/otlp/key-set.ts';
import { ATTR, INSTANCE_KEYS } from '#schemas/semconv.ts';
import { lentInt32s, lentUint8s } from './lent.ts';
import { CONVENTION, type Name, NamesOfTrace, NO_ROLE, nameAt, nameOf, nameOfValue } from './names.ts';
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
const RESOURCE_KEYS = new KeySet(ATTRIBUTES_OF.resource, [ATTR.SERVICE_NAME, ...INSTANCE_KEYS]);

/** Their indexes in SPAN_KEYS. */
const KEY = {
  atiRole: SPAN_KEYS.indexOf(ATTR.ATI_ROLE),
  operationName: SPAN_KEYS.indexOf(ATTR.GEN_AI_OPERATION_NAME),
  spanKind: SPAN_KEYS.indexOf(ATTR.OPENINFERENCE_SPAN_KIND),
  agentName: SPAN_KEYS.indexOf(ATTR.GEN_AI_AGENT_NAME),
  openInferenceAgent: SPAN_KEYS.indexOf(ATTR.OPENINFERENCE_AGENT_NAME),
  toolName: SPAN_KEYS.indexOf(ATTR.GEN_AI_TOOL_NAME),
  openInferenceTool: SPAN_KEYS.indexOf(ATTR.OPENINFERENCE_TOOL_NAME),
} as const;

/** What each span is called and does, as indexes into the strings, by position in `rows`. */
export interface Described {
  readonly strings: readonly string[];
  readonly name: Int32Array;
  readonly operation: Int32Array;
  readonly callee: Int32Array;
  readonly service: Int32Array;
  /** 0 where the resource names none. */
  readonly instance: Int32Array;
  /** The span's own gen_ai.agent.name; 0 without one. */
  readonly ownAgent: Int32Array;
  readonly role: Uint8Array;
}

const UNKNOWN_SERVICE = 'unknown_service'; // as OpenTelemetry SDKs call it
/** Entries of `found` up to which the room is kept for the next trace. */
const MOST_KEPT = 1 << 12;

const roomFor = (set: KeySet, rows: number): Located => ({
  found: new Int32Array(rows),
  at: new Int32Array(rows * set.width),
});

let room = roomFor(SPAN_KEYS, 64);
/** Whose attributes are in `room`. */
let tenant: Int32Array | undefined;

/**
 * Where SPAN_KEYS stand in each of `rows`, by row of the columns. The room is kept between traces: who wants to read it
 * later asks again, and they are located again if it was given to another trace in between.
 */
export function locateAttributes(c: SpanColumns, rows: Int32Array): Located {
  if (tenant === rows) return room;
  tenant = undefined;
  if (room.found.length < c.n || room.found.length > MOST_KEPT)
    room = roomFor(SPAN_KEYS, Math.max(c.n, Math.min(c.n * 2, MOST_KEPT)));
  // In order of arrival, duplicates too: it is that of the bytes, which the processor then fetches ahead.
  for (let row = 0; row < c.n; row++) {
    SPAN_KEYS.locate(c.buffers[c.buffer[row]], c.spanOffset[row], c.spanLength[row], room, row);
  }
  tenant = rows;
  return room;
}

/** The text of a located attribute; undefined where that is missing, empty or no text. */
function textOf(
  set: KeySet,
  b: Uint8Array,
  offset: number,
  length: number,
  located: Located,
  row: number,
  key: number,
): Name | undefined {
  const at = set.placeOf(located, row, key);
  if (at >= 0) return nameOfValue(b, located.at[at], located.at[at + 1]);
  if (at === ABSENT) return undefined;
  const value = set.read(b, offset, length, located, row, set.keys[key]);
  return typeof value === 'string' && value !== '' ? nameOf(value) : undefined;
}

/** Resources of a trace that are sought one by one. */
const FEW_RESOURCES = 16;

/** Reads each Resource message once: who wrote a span, as indexes into the strings. Of one trace at a time. */
class Origins {
  service = 0;
  instance = 0;
  readonly #located = roomFor(RESOURCE_KEYS, 1);
  /** Buffer, offset, service and instance of each. */
  #known: number[] = [];
  #count = 0;
  /** Where in `#known`, once there are many. */
  #many: Map<number, number> | undefined;

  /** For the next trace. */
  clear(): void {
    this.#count = 0;
    this.#many = undefined;
    if (this.#known.length > FEW_RESOURCES * 64) this.#known = [];
  }

  /** Sets `service` and `instance` to the row's. */
  look(c: SpanColumns, names: NamesOfTrace, row: number): void {
    const buffer = c.buffer[row];
    const offset = c.resourceOffset[row];
    const known = this.#known;
    let at = this.#find(buffer, offset);
    if (at < 0) {
      this.#read(c.buffers[buffer], offset, c.resourceLength[row], names);
      at = this.#count * 4;
      known[at] = buffer;
      known[at + 1] = offset;
      known[at + 2] = this.service;
      known[at + 3] = this.instance;
      this.#count++;
      if (this.#count > FEW_RESOURCES) this.#index();
      return;
    }
    this.service = known[at + 2];
    this.instance = known[at + 3];
  }

  #find(buffer: number, offset: number): number {
    if (this.#many !== undefined) return this.#many.get(buffer * 2 ** 32 + offset) ?? -1;
    const known = this.#known;
    for (let at = 0; at < this.#count * 4; at += 4)
      if (known[at] === buffer && known[at + 1] === offset) return at;
    return -1;
  }

  #index(): void {
    const known = this.#known;
    const many = this.#many ?? new Map<number, number>();
    for (let number = many.size; number < this.#count; number++)
      many.set(known[number * 4] * 2 ** 32 + known[number * 4 + 1], number * 4);
    this.#many = many;
  }

  #read(b: Uint8Array, offset: number, length: number, names: NamesOfTrace): void {
    RESOURCE_KEYS.locate(b, offset, length, this.#located, 0);
    this.service = names.add(
      textOf(RESOURCE_KEYS, b, offset, length, this.#located, 0, 0) ?? nameOf(UNKNOWN_SERVICE),
    );
    let instance: Name | undefined;
    for (let key = 1; instance === undefined && key <= INSTANCE_KEYS.length; key++)
      instance = textOf(RESOURCE_KEYS, b, offset, length, this.#located, 0, key);
    this.instance = instance === undefined ? 0 : names.add(instance);
  }
}

const origins = new Origins();

/** `located`: as `locateAttributes` gives it. Not entered again before it returns. */
export function describeSpans(c: SpanColumns, rows: Int32Array, located: Located): Described {
  const n = rows.length;
  const names = new NamesOfTrace();
  origins.clear();
  const d = {
    strings: names.strings,
    name: lentInt32s(n),
    operation: lentInt32s(n),
    callee: lentInt32s(n),
    service: lentInt32s(n),
    instance: lentInt32s(n),
    ownAgent: lentInt32s(n),
    role: lentUint8s(n),
  };
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const b = c.buffers[c.buffer[row]];
    const name = nameAt(b, c.nameOffset[row], c.nameOffset[row] + c.nameLength[row]);
    const operation = name.normal;
    span.b = b;
    span.offset = c.spanOffset[row];
    span.length = c.spanLength[row];
    span.located = located;
    span.row = row;
    d.name[i] = names.add(name);
    d.operation[i] = names.add(operation);
    origins.look(c, names, row);
    d.service[i] = origins.service;
    d.instance[i] = origins.instance;
    const role = roleOf(name);
    d.role[i] = role;
    const agent = agentOf(name, role);
    d.ownAgent[i] = agent === undefined ? 0 : names.add(agent);
    const called = role === ROLE.tool ? calledTool(operation) : undefined;
    d.callee[i] = called === undefined ? d.operation[i] : names.add(called);
  }
  span.b = NO_BYTES;
  return d;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The span at hand: who describes it asks for its attributes. */
const span = { b: NO_BYTES, offset: 0, length: 0, located: room, row: 0 };

/** The text of one of SPAN_KEYS, given by its index, of the span at hand. */
function attribute(key: number): Name | undefined {
  return textOf(SPAN_KEYS, span.b, span.offset, span.length, span.located, span.row, key);
}

function roleOf(name: Name): number {
  let role = attribute(KEY.atiRole)?.statedRole(CONVENTION.ati) ?? NO_ROLE;
  if (role === NO_ROLE) role = attribute(KEY.operationName)?.statedRole(CONVENTION.genAi) ?? NO_ROLE;
  if (role === NO_ROLE) role = attribute(KEY.spanKind)?.statedRole(CONVENTION.openInference) ?? NO_ROLE;
  if (role === NO_ROLE) role = name.suggestedRole;
  return role === NO_ROLE ? ROLE.other : role;
}

/** `invoke_agent NAME` is how GenAI spans are named; the name stands in where the attribute is missing. */
function agentOf(name: Name, role: number): Name | undefined {
  const stated = attribute(KEY.agentName);
  if (stated !== undefined || role !== ROLE.agent) return stated;
  return attribute(KEY.openInferenceAgent) ?? name.invokedAgent;
}

/** Spans of all tools may share one name: the tool's own name tells them apart. */
function calledTool(operation: Name): Name | undefined {
  const tool = attribute(KEY.toolName) ?? attribute(KEY.openInferenceTool);
  return tool && operation.qualifiedBy(tool.normal);
}
