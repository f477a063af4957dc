import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { ATTR, INSTANCE_KEYS, roleOfAttributes, roleOfName } from '#schemas/semconv.ts';
import { asBuffers, Strings } from './intern.ts';
import { normalise, qualified } from './normalise.ts';
import { ROLE } from './roles.ts';
import type { AttributeValue } from './view.ts';

/** Reads an attribute of a row of the columns. */
export type ReadAttribute = (row: number, key: string) => AttributeValue | undefined;

/** What each span is called and does, as indexes into the strings, by position in `rows`. */
export interface Described {
  readonly strings: Strings;
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

function text(value: AttributeValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `invoke_agent NAME` is how GenAI spans are named; the name stands in where the attribute is missing. */
function agentOf(row: number, role: number, name: string, attribute: ReadAttribute): string {
  const stated = text(attribute(row, ATTR.GEN_AI_AGENT_NAME));
  if (stated !== undefined || role !== ROLE.agent) return stated ?? '';
  return (
    text(attribute(row, ATTR.OPENINFERENCE_AGENT_NAME)) ??
    /^(?:invoke_agent|create_agent)\s+(.+)$/.exec(name)?.[1] ??
    ''
  );
}

/** Who wrote a span, as indexes into the strings. */
interface Origin {
  readonly service: number;
  readonly instance: number;
}

/** Read once for each Resource message. */
function originReader(c: SpanColumns, strings: Strings, resource: ReadAttribute): (row: number) => Origin {
  const known = new Map<number, Origin>();
  const instanceOf = (row: number) => {
    for (const key of INSTANCE_KEYS) {
      const instance = text(resource(row, key));
      if (instance !== undefined) return instance;
    }
    return '';
  };
  return (row) => {
    const key = c.buffer[row] * 2 ** 32 + c.resourceOffset[row];
    let origin = known.get(key);
    if (origin === undefined) {
      const service = strings.add(text(resource(row, ATTR.SERVICE_NAME)) ?? UNKNOWN_SERVICE);
      origin = { service, instance: strings.add(instanceOf(row)) };
      known.set(key, origin);
    }
    return origin;
  };
}

export function describeSpans(
  c: SpanColumns,
  rows: Int32Array,
  attribute: ReadAttribute,
  resource: ReadAttribute,
): Described {
  const n = rows.length;
  const strings = new Strings();
  const buffers = asBuffers(c);
  const originOf = originReader(c, strings, resource);
  const operations = new Map<number, number>();
  const d = {
    strings,
    name: new Int32Array(n),
    operation: new Int32Array(n),
    callee: new Int32Array(n),
    service: new Int32Array(n),
    instance: new Int32Array(n),
    ownAgent: new Int32Array(n),
    role: new Uint8Array(n),
  };
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const at = c.nameOffset[row];
    const name = buffers[c.buffer[row]].toString('utf8', at, at + c.nameLength[row]);
    d.name[i] = strings.add(name);
    let operation = operations.get(d.name[i]);
    if (operation === undefined) {
      operation = strings.add(normalise(name));
      operations.set(d.name[i], operation);
    }
    d.operation[i] = operation;
    const origin = originOf(row);
    d.service[i] = origin.service;
    d.instance[i] = origin.instance;
    d.role[i] = roleOf(row, name, attribute);
    d.ownAgent[i] = strings.add(agentOf(row, d.role[i], name, attribute));
    d.callee[i] = d.role[i] === ROLE.tool ? calleeOf(row, operation, strings, attribute) : operation;
  }
  return d;
}

function roleOf(row: number, name: string, attribute: ReadAttribute): number {
  const declared =
    roleOfAttributes(attribute(row, ATTR.ATI_ROLE), undefined, undefined) ??
    roleOfAttributes(
      undefined,
      attribute(row, ATTR.GEN_AI_OPERATION_NAME),
      attribute(row, ATTR.OPENINFERENCE_SPAN_KIND),
    );
  return ROLE[declared ?? roleOfName(name) ?? 'other'];
}

/** Spans of all tools may share one name: the tool's own name tells them apart. */
function calleeOf(row: number, operation: number, strings: Strings, attribute: ReadAttribute): number {
  const tool =
    text(attribute(row, ATTR.GEN_AI_TOOL_NAME)) ?? text(attribute(row, ATTR.OPENINFERENCE_TOOL_NAME));
  if (tool === undefined) return operation;
  return strings.add(qualified(strings.all[operation], normalise(tool)));
}
