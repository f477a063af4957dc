/** Stage 1 over an export: each ResourceSpans is a record of its own, the log's clock goes on by what is in it. */
import { analyseTrace } from '#processors/analyse.ts';
import { FROM_THE_START } from '#processors/assembly/partition-processor.ts';
import { ASSEMBLY_DEFAULTS } from '#processors/assembly/settings.ts';
import { configureDetectors } from '#processors/detectors/registry.ts';
import type { Outcome } from '#processors/outcome.ts';
import { RecordProcessor } from '#processors/testing/record-processor.ts';
import { encode } from '#schemas/codec.ts';
import { guarded, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';

const RESOURCE_SPANS = 0x0a;
const START = 1_700_000_000_000;
const SETTINGS = { ...ASSEMBLY_DEFAULTS, maxSpans: 200, maxBytes: 64 << 10 };

const configured = configureDetectors();
if (!configured.ok) throw new Error(configured.message);
const { detectors } = configured;

/** The bytes as records: at every top-level field where they can be read, else whole. */
function recordsOf(otlp: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  const read = guarded(() => {
    for (let p = 0; p < otlp.length; ) {
      const from = p;
      const field = tag(otlp, p, otlp.length);
      p =
        field === RESOURCE_SPANS ? lengthEnd(otlp, next, otlp.length) : skip(otlp, next, otlp.length, field);
      records.push(otlp.subarray(from, p));
    }
    return { ok: true as const };
  });
  return read.ok ? records : [otlp];
}

export interface Stage1Run {
  readonly outputs: readonly { readonly topic: string; readonly value: Uint8Array }[];
  readonly outcomes: readonly Outcome[];
  readonly openTraces: number;
}

/** Throws only for a bug. */
export function runStage1(otlp: Uint8Array): Stage1Run {
  const analyse = (tenant: string, traceId: string, columns: Parameters<typeof analyseTrace>[2]) =>
    analyseTrace(tenant, traceId, columns, detectors);
  const processor = new RecordProcessor(0, SETTINGS, analyse, FROM_THE_START);
  const outputs: { topic: string; value: Uint8Array }[] = [];
  const outcomes: Outcome[] = [];
  let receivedAt = START;
  let offset = 0;
  const give = (value: Uint8Array) => {
    const processed = processor.process(offset++, value);
    outcomes.push(processed.outcome);
    for (const { topic, value } of processed.outputs) outputs.push({ topic, value });
  };
  for (const record of recordsOf(otlp)) {
    // From nothing to 25 s: traces close, re-open and come too late.
    receivedAt += record.length === 0 ? 0 : (record[record.length - 1] % 6) * 5_000;
    give(encode('SpanBatch', { tenant: 'default', receivedAt, spanCount: 0, otlp: record }));
  }
  for (const later of [10_000, 400_000])
    give(
      encode('SpanBatch', {
        tenant: 'default',
        receivedAt: receivedAt + later,
        spanCount: 0,
        otlp: new Uint8Array(),
      }),
    );
  return { outputs, outcomes, openTraces: processor.openTraces };
}

export const stage1Outputs = (otlp: Uint8Array): Uint8Array[] =>
  runStage1(otlp).outputs.map(({ value }) => value);
