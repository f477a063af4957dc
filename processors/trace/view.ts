/**
 * One trace as a struct of arrays: what the critical path and the detectors read. Rows are the trace's distinct spans
 * (duplicates by span id, kind and start are gone), in order of start, then span id, so that any arrival order gives
 * the same view.
 */

export const ROLES = [
  'other',
  'workflow',
  'agent',
  'planner',
  'worker',
  'chat',
  'tool',
  'checkpoint',
  'stream',
  'human',
] as const;
export type Role = (typeof ROLES)[number];

export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];

export interface TraceView {
  readonly n: number;
  /** The earliest start; every other time is in ns from it. */
  readonly startUnixNano: bigint;
  readonly start: Float64Array;
  /** Never before `start` (a negative duration reads as zero). */
  readonly end: Float64Array;
  /** Row of the parent, or -1 (a root, or the parent is missing and nobody surely was above it). Cycles are broken. */
  readonly parent: Int32Array;
  /** True (1) where a parent id is given but its span is not here. */
  readonly orphan: Uint8Array;
  /** OTLP SpanKind and StatusCode. */
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  /** Index into ROLES. */
  readonly role: Uint8Array;
  /** Indexes into `strings`: span name, normalised operation, service.name, agent (gen_ai.agent.name or the nearest one above). */
  readonly name: Int32Array;
  readonly operation: Int32Array;
  readonly service: Int32Array;
  readonly agent: Int32Array;
  /** Index into `strings`: which instance of its service (semconv INSTANCE_KEYS of the resource); 0, the empty string, where it names none. */
  readonly instance: Int32Array;
  /** Index into `strings`: what a caller of this span calls: the normalised operation, for a tool with its gen_ai.tool.name. */
  readonly callee: Int32Array;
  /** Every row, parents before their children: for passes down (or, backwards, up) the tree without recursion. */
  readonly topDown: Int32Array;
  readonly strings: readonly string[];
  /** The root's row: without parent, longest; -1 in a trace without one. */
  readonly root: number;
  /** Children of row r, in order of start: `childRows[childFrom[r] .. childFrom[r + 1])`. */
  readonly childFrom: Int32Array;
  readonly childRows: Int32Array;
  /** The same, cut out. */
  children(row: number): Int32Array;
  /** 16 hex digits. */
  spanId(row: number): string;
  attribute(row: number, key: string): AttributeValue | undefined;
  /** False where surely no span of the trace has the attribute. */
  mayHave(key: string): boolean;
  resource(row: number, key: string): AttributeValue | undefined;
  /** Span ids (hex) that this span links to in the same trace. */
  links(row: number): readonly string[];
}

/** A view that a summary is written from. */
export interface WritableView extends TraceView {
  /** Writes `spanId` as an Avro string. */
  writeSpanId(row: number): void;
}
