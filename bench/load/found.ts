/** What is on a topic after a load: every span once, every trace on one partition, or why not. */
import type { Kafka } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import { ResourceSpans, ScopeSpans, Span, TracesData } from '#schemas/otlp/fields.ts';
import { guarded, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { numberOfId } from './ids.ts';

export interface Expected {
  /** Numbers of spans and traces run from 0. */
  readonly spans: number;
  readonly traces: number;
}

/** A record's OTLP message: the value itself, or in the Avro envelope of ati.spans. */
export type Envelope = 'none' | 'avro';

/** Throws at the first span that is missing, doubled or not one of ours, and at a trace on two partitions. */
export async function checkTopic(
  kafka: Pick<Kafka, 'offsets' | 'read'>,
  topic: string,
  envelope: Envelope,
  expected: Expected,
): Promise<void> {
  const seen = new Uint8Array(expected.spans);
  const homes = new Int16Array(expected.traces).fill(-1);
  let count = 0;
  for (const { partition, earliest } of await kafka.offsets(topic)) {
    for await (const { value } of kafka.read(topic, partition, earliest)) {
      if (value === null) throw new Error(`${topic}/${partition}: a record without a value`);
      eachSpan(messageOf(value, envelope), (trace, span) => {
        if (span === undefined || span >= seen.length) throw new Error(`${topic}: a span that was not sent`);
        if (trace === undefined || trace >= homes.length)
          throw new Error(`${topic}: a trace that was not sent`);
        if (seen[span]++ > 0) throw new Error(`${topic}: span ${span} is there twice`);
        if (homes[trace] >= 0 && homes[trace] !== partition)
          throw new Error(`${topic}: trace ${trace} is on partitions ${homes[trace]} and ${partition}`);
        homes[trace] = partition;
        count++;
      });
    }
  }
  if (count !== expected.spans)
    throw new Error(`${topic}: ${expected.spans - count} of ${expected.spans} spans are missing`);
}

function messageOf(value: Uint8Array, envelope: Envelope): Uint8Array {
  if (envelope === 'none') return value;
  const batch = decodeAs('SpanBatch', value);
  if (!batch.ok) throw new Error(batch.reason);
  return batch.value.otlp;
}

type Each = (trace: number | undefined, span: number | undefined) => void;

function eachSpan(otlp: Uint8Array, each: Each): void {
  const walked = guarded(() => {
    inside(otlp, 0, otlp.length, TracesData.resourceSpans, (group, groupEnd) =>
      inside(otlp, group, groupEnd, ResourceSpans.scopeSpans, (scope, scopeEnd) =>
        inside(otlp, scope, scopeEnd, ScopeSpans.spans, (from, end) => {
          let trace: number | undefined;
          let span: number | undefined;
          inside(otlp, from, end, Span.traceId, (at) => {
            trace = numberOfId(otlp, at, 16);
          });
          inside(otlp, from, end, Span.spanId, (at) => {
            span = numberOfId(otlp, at, 8);
          });
          each(trace, span);
        }),
      ),
    );
    return { ok: true } as const;
  });
  if (!walked.ok) throw new Error(`not a TracesData message: ${walked.reason}`);
}

/** Calls `each` with the bounds of every field with this tag, which is length-delimited. */
function inside(
  b: Uint8Array,
  from: number,
  end: number,
  wanted: number,
  each: (from: number, end: number) => void,
): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const value = next;
    p = skip(b, value, end, field);
    if (field !== wanted) continue;
    const until = lengthEnd(b, value, end);
    each(next, until);
  }
}
