import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { DescribedColumns, kindOf, type SpanKind } from './kinds.ts';
import { lentInt32s, lentUint8s } from './lent.ts';
import { generation, NamesOfTrace } from './names.ts';
import { type Origin, Origins } from './origins.ts';

/** What each span is called and does, as indexes into the strings, by position in `rows`. */
export interface Described {
  readonly strings: readonly string[];
  /** By row of the columns, of those that are in `rows`. */
  readonly kinds: readonly (SpanKind | undefined)[];
  /** Every bit that the kinds' `found` have. */
  readonly found: number;
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

const seldom = new Origins();

/** Not entered again before it returns. */
export function describeSpans(c: SpanColumns, rows: Int32Array): Described {
  const n = rows.length;
  const kinds = c instanceof DescribedColumns ? c.kinds : [];
  const origins = c instanceof DescribedColumns ? c.origins : [];
  seldom.clear();
  const names = new NamesOfTrace();
  const { trace } = names;
  const now = generation();
  const name = lentInt32s(n);
  const operation = lentInt32s(n);
  const callee = lentInt32s(n);
  const service = lentInt32s(n);
  const instance = lentInt32s(n);
  const ownAgent = lentInt32s(n);
  const role = lentUint8s(n);
  let found = 0;
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const kind = kinds[row] ?? kindOf(c, row);
    const origin = origins[row] ?? seldom.of(c, row);
    kinds[row] = kind;
    if (kind.trace !== trace || origin.trace !== trace) {
      if (kind.generation < now) kind.renew();
      if (origin.generation < now) origin.renew();
      addNames(kind, origin, names);
      found |= kind.found;
    }
    name[i] = kind.nameIndex;
    operation[i] = kind.operationIndex;
    callee[i] = kind.calleeIndex;
    service[i] = origin.serviceIndex;
    instance[i] = origin.instanceIndex;
    ownAgent[i] = kind.ownAgentIndex;
    role[i] = kind.role;
  }
  const { strings } = names;
  return { strings, kinds, found, name, operation, callee, service, instance, ownAgent, role };
}

function addNames(kind: SpanKind, origin: Origin, names: NamesOfTrace): void {
  kind.trace = names.trace;
  origin.trace = names.trace;
  kind.nameIndex = names.add(kind.name);
  kind.operationIndex = names.add(kind.operation);
  origin.serviceIndex = names.add(origin.service);
  origin.instanceIndex = names.add(origin.instance);
  kind.ownAgentIndex = names.add(kind.ownAgent);
  kind.calleeIndex = names.add(kind.callee);
}
