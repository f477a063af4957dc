/** Traces of three spans that stay open: the clock on their log stands still. */
import { agent, COMMON, tool } from '#bench/corpus/attributes.ts';
import { ShapeBuilder } from '#bench/corpus/builder.ts';
import { stampPart, templateOf } from '#bench/corpus/template.ts';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { encode } from '#schemas/codec.ts';
import { partitionOf } from '#schemas/murmur2.ts';

export const SPANS_OF_A_TRACE = 3;
/** About 512 spans, as everywhere. */
const TRACES_OF_A_RECORD = 171;

function template() {
  const trace = new ShapeBuilder(COMMON);
  const root = trace.span('gateway', 'invoke_agent answer', undefined, 0, 300, agent('workflow', 'answer'));
  const worker = trace.span(
    'gateway',
    'invoke_agent researcher',
    root,
    1,
    280,
    agent('worker', 'researcher'),
  );
  trace.span('gateway', 'execute_tool search', worker, 2, 250, tool('search'), { kind: 3 });
  return templateOf(trace.shape(), 0).parts[0];
}

/** Records of ati.spans with the traces `from` to `to`, which differ by their number only. */
export function* openTraces(
  from: number,
  to: number,
  partitions: number,
  atMs: number,
): Generator<OutgoingRecord & { readonly partition: number }> {
  const part = template();
  const room = TRACES_OF_A_RECORD * part.bytes.length;
  const fillings = Array.from({ length: partitions }, () => ({
    bytes: Buffer.alloc(room),
    length: 0,
    traces: 0,
  }));
  const traceId = Buffer.alloc(16);
  const record = (partition: number) => {
    const filling = fillings[partition];
    const value = encode('SpanBatch', {
      tenant: 'bench',
      receivedAt: atMs,
      spanCount: filling.traces * SPANS_OF_A_TRACE,
      otlp: filling.bytes.subarray(0, filling.length),
    });
    filling.length = 0;
    filling.traces = 0;
    return { partition, value: Buffer.from(value) };
  };
  for (let trace = from; trace < to; trace++) {
    // Spread as random ones are.
    traceId.writeUInt32LE(Math.imul(trace + 1, 0x9e3779b1) >>> 0, 0);
    traceId.writeUInt32LE(Math.imul(trace + 1, 0x85ebca6b) >>> 0, 4);
    traceId.writeUInt32LE(trace, 8);
    const partition = partitionOf(traceId, partitions);
    const filling = fillings[partition];
    filling.length = stampPart(part, { traceId, startMs: atMs - 300 }, filling.bytes, filling.length);
    if (++filling.traces === TRACES_OF_A_RECORD) yield record(partition);
  }
  for (let partition = 0; partition < partitions; partition++)
    if (fillings[partition].traces > 0) yield record(partition);
}
