/** Exports to begin with: some as agents send them, some as fast-check makes them up. */
import fc from 'fast-check';
import { exampleTraces } from '#producers/ingest/testing.ts';
import { traces } from '#schemas/otlp/testing.ts';
import { logs, metrics } from '#schemas/otlp/testing-telemetry.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { encodeLogs } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics } from '#schemas/otlp/write-metrics.ts';
import { exportOf, fanoutTrace, retryTrace } from '../../support/workload.ts';

const START = 1_700_000_000_000;
const SAMPLES = { numRuns: 24, seed: 6 };
const MOST_BYTES = 4_000;

const short = (bytes: Uint8Array[]) => bytes.filter(({ length }) => length <= MOST_BYTES);

export const traceExports = (): Uint8Array[] =>
  short([
    new Uint8Array(),
    encodeTraces(exampleTraces(2, 2)),
    encodeTraces(exportOf(fanoutTrace('fuzz', START, 6, 2, 20).spans)),
    encodeTraces(exportOf(retryTrace('fuzz', START, 6, 2).spans)),
    ...fc.sample(traces, SAMPLES).map(encodeTraces),
  ]);

export const metricExports = (): Uint8Array[] => short(fc.sample(metrics, SAMPLES).map(encodeMetrics));

export const logExports = (): Uint8Array[] => short(fc.sample(logs, SAMPLES).map(encodeLogs));

/** Keys and texts that the door knows. */
export const WORDS: readonly Uint8Array[] = [
  'service.name',
  'ati.role',
  'gen_ai.prompt',
  'gen_ai.input.messages',
  'gen_ai.tool.call.arguments',
  'gen_ai.usage.input_tokens',
  'ati.stream.token_offsets_ms',
  'exception',
  'gen_ai.choice',
  'https://opentelemetry.io/schemas/1.30.0',
  '\u2028',
  '\xc3\x28',
].map((word) => Buffer.from(word));
