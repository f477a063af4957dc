/** Events of every kind, as their topics carry them: empty ones by schema, and those that a run makes. */

import { exampleTraces } from '#producers/ingest/testing.ts';
import { SCHEMA_VERSIONS } from '#schemas/avro/catalog.ts';
import { decode, encode } from '#schemas/codec.ts';
import { finding, incidentEvent, insight, spanBatch, traceSummary } from '#sinks/testing.ts';
import { traceExports } from './otlp.ts';
import { stage1Outputs } from './stage1.ts';

const MOST_ZEROS = 200;

/** Zeros are an empty string, an empty list, the first of an enum: enough of them are an event of any schema. */
function emptyEvents(): Uint8Array[] {
  return SCHEMA_VERSIONS.flatMap(({ id }) => {
    for (let zeros = 0; zeros < MOST_ZEROS; zeros++) {
      const bytes = Buffer.alloc(5 + zeros);
      bytes.writeInt32BE(id, 1);
      if (decode(bytes).ok) return [bytes];
    }
    return [];
  });
}

export function events(): Uint8Array[] {
  const [resource] = exampleTraces(1, 2).resourceSpans;
  return [
    ...emptyEvents(),
    encode('IncidentEvent', incidentEvent()),
    encode('TraceSummary', traceSummary({ findings: [finding()], insights: [insight()] })),
    encode('SpanBatch', spanBatch(resource.scopeSpans?.[0].spans ?? [])),
    ...stage1Outputs(traceExports()[2]),
  ].filter(({ length }) => length < 6_000);
}
