import { ATTRIBUTES_OF } from '#schemas/otlp/attributes.ts';
import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { ABSENT, KeySet, type Located } from '#schemas/otlp/key-set.ts';
import { ATTR, INSTANCE_KEYS } from '#schemas/semconv.ts';
import { int32s, uint8s } from './arrays.ts';
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
const roomFor = (set: KeySet, rows: number): Located => ({
  found: int32s(rows),
  at: int32s(rows * set.width),
});

/** Where SPAN_KEYS stand in each of `rows`, by row of the columns. */
export function locateAttributes(c: SpanColumns, rows: Int32Array): Located {
  const located = roomFor(SPAN_KEYS, c.n);
  for (const row of rows)
    SPAN_KEYS.locate(c.buffers[c.buffer[row]], c.spanOffset[row], c.spanLength[row], located, row);
  return located;
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

/** Who wrote a span, as indexes into the strings. */
interface Origin {
  readonly service: number;
  readonly instance: number;
}

/** Reads each Resource message once. */
class Origins {
  readonly #c: SpanColumns;
  readonly #names: NamesOfTrace;
  readonly #known = new Map<number, Origin>();
  readonly #located = roomFor(RESOURCE_KEYS, 1);

  constructor(c: SpanColumns, names: NamesOfTrace) {
    this.#c = c;
    this.#names = names;
  }

  of(row: number): Origin {
    const c = this.#c;
    const at = c.buffer[row] * 2 ** 32 + c.resourceOffset[row];
    let origin = this.#known.get(at);
    if (origin === undefined) {
      origin = this.#read(c.buffers[c.buffer[row]], c.resourceOffset[row], c.resourceLength[row]);
      this.#known.set(at, origin);
    }
    return origin;
  }

  #read(b: Uint8Array, offset: number, length: number): Origin {
    RESOURCE_KEYS.locate(b, offset, length, this.#located, 0);
    const text = (key: number) => textOf(RESOURCE_KEYS, b, offset, length, this.#located, 0, key);
    const service = this.#names.add(text(0) ?? nameOf(UNKNOWN_SERVICE));
    let instance: Name | undefined;
    for (let key = 1; instance === undefined && key <= INSTANCE_KEYS.length; key++) instance = text(key);
    return { service, instance: instance === undefined ? 0 : this.#names.add(instance) };
  }
}

/** `located`: as `locateAttributes` gives it. */
export function describeSpans(c: SpanColumns, rows: Int32Array, located: Located): Described {
  const n = rows.length;
  const names = new NamesOfTrace();
  const origins = new Origins(c, names);
  const d = {
    strings: names.strings,
    name: int32s(n),
    operation: int32s(n),
    callee: int32s(n),
    service: int32s(n),
    instance: int32s(n),
    ownAgent: int32s(n),
    role: uint8s(n),
  };
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const b = c.buffers[c.buffer[row]];
    const attribute = (key: number) =>
      textOf(SPAN_KEYS, b, c.spanOffset[row], c.spanLength[row], located, row, key);
    const name = nameAt(b, c.nameOffset[row], c.nameOffset[row] + c.nameLength[row]);
    d.name[i] = names.add(name);
    d.operation[i] = names.add(name.normal);
    const origin = origins.of(row);
    d.service[i] = origin.service;
    d.instance[i] = origin.instance;
    d.role[i] = roleOf(name, attribute);
    const agent = agentOf(name, d.role[i], attribute);
    d.ownAgent[i] = agent === undefined ? 0 : names.add(agent);
    const called = d.role[i] === ROLE.tool ? calledTool(name.normal, attribute) : undefined;
    d.callee[i] = called === undefined ? d.operation[i] : names.add(called);
  }
  return d;
}

/** The text of one of SPAN_KEYS, given by its index, of the span at hand. */
type TextOf = (key: number) => Name | undefined;

function roleOf(name: Name, attribute: TextOf): number {
  let role = attribute(KEY.atiRole)?.statedRole(CONVENTION.ati) ?? NO_ROLE;
  if (role === NO_ROLE) role = attribute(KEY.operationName)?.statedRole(CONVENTION.genAi) ?? NO_ROLE;
  if (role === NO_ROLE) role = attribute(KEY.spanKind)?.statedRole(CONVENTION.openInference) ?? NO_ROLE;
  if (role === NO_ROLE) role = name.suggestedRole;
  return role === NO_ROLE ? ROLE.other : role;
}

/** `invoke_agent NAME` is how GenAI spans are named; the name stands in where the attribute is missing. */
function agentOf(name: Name, role: number, attribute: TextOf): Name | undefined {
  const stated = attribute(KEY.agentName);
  if (stated !== undefined || role !== ROLE.agent) return stated;
  return attribute(KEY.openInferenceAgent) ?? name.invokedAgent;
}

/** Spans of all tools may share one name: the tool's own name tells them apart. */
function calledTool(operation: Name, attribute: TextOf): Name | undefined {
  const tool = attribute(KEY.toolName) ?? attribute(KEY.openInferenceTool);
  return tool && operation.qualifiedBy(tool.normal);
}
