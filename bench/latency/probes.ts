/** Failing traces whose incidents are their own: each has a planner of another name, so it opens one. */

import { agent, COMMON, tool } from '#bench/corpus/attributes.ts';
import { ShapeBuilder } from '#bench/corpus/builder.ts';
import { stampPart, templateOf } from '#bench/corpus/template.ts';
import { encode } from '#schemas/codec.ts';
import { partitionOf } from '#schemas/murmur2.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Digits in a name are one and the same to ATI; letters are not. */
export function plannerOf(probe: number): string {
  let name = '';
  for (let rest = probe, i = 0; i < 5; i++) {
    name += LETTERS[rest % LETTERS.length];
    rest = Math.floor(rest / LETTERS.length);
  }
  return `prober ${name}`;
}

/** 48 calls offered at once to six slots: a collapsed fan-out, which one trace alone shows. */
function shape(planner: string) {
  const trace = new ShapeBuilder(COMMON);
  const [width, slots, serviceMs] = [48, 6, 80];
  const total = (width / slots) * serviceMs + 10;
  const root = trace.span(
    'gateway',
    `invoke_agent ${planner}`,
    undefined,
    0,
    total,
    agent('workflow', planner),
  );
  const above = trace.span(
    'gateway',
    `invoke_agent ${planner}`,
    root,
    1,
    total - 1,
    agent('planner', planner),
  );
  for (let call = 0; call < width; call++) {
    const begin = 2 + Math.floor(call / slots) * serviceMs;
    const end = begin + serviceMs - (call % slots) / 10;
    const worker = trace.span(
      'gateway',
      'invoke_agent researcher',
      above,
      2,
      end,
      agent('worker', 'researcher'),
    );
    trace.span('gateway', 'execute_tool search', worker, begin, end, tool('search'), { kind: 3 });
  }
  return trace.shape();
}

export interface Probe {
  readonly planner: string;
  readonly partition: number;
  readonly spans: number;
  /** An Avro SpanBatch with all of its spans, received when its root ended. */
  readonly value: Buffer;
}

/** `nowMs`: unix ms of its end. */
export function probe(number: number, partitions: number, nowMs: number): Probe {
  const planner = plannerOf(number);
  const { parts, spans, durationMs } = templateOf(shape(planner), 0);
  const traceId = Buffer.alloc(16, 0xee);
  traceId.writeUInt32LE(Math.imul(number + 1, 0x9e3779b1) >>> 0, 0);
  const out = Buffer.alloc(parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const stamp = { traceId, startMs: nowMs - Math.ceil(durationMs) };
  let length = 0;
  for (const part of parts) length = stampPart(part, stamp, out, length);
  const batch = { tenant: 'bench', receivedAt: nowMs, spanCount: spans, otlp: out.subarray(0, length) };
  return {
    planner,
    partition: partitionOf(traceId, partitions),
    spans,
    value: Buffer.from(encode('SpanBatch', batch)),
  };
}
