/** TraceSummary v3 → a row of `ati_traces`, in the order of its columns. What it does not take, `traces.ts` reads. */
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { array, arrayOf, BOOLEAN, copy, fieldsOf, INT, LONG, NANOS, symbolsOf, TEXT } from './avro-copy.ts';
import { copied, isOf, position, reread, schemaId, skipped } from './avro-values.ts';
import { explainedBy, findings, measures, source, timeline } from './part-copies.ts';

const ID = schemaId('TraceSummary', 3);
const SEGMENT_TYPE = symbolsOf(['self', 'edge', 'idle']);

/** tenant, traceId, revision */
const NAME = fieldsOf(TEXT, TEXT, INT);
const FIRST_OFFSET = fieldsOf(LONG);
const firstOffset = (): void => copy(FIRST_OFFSET);
/** partial, rootSpanId, rootService, rootAgent, rootOperation, startUnixNano, durationNs, spanCount, errorCount */
const ROOT = fieldsOf(BOOLEAN, TEXT, TEXT, TEXT, TEXT, NANOS, LONG, INT, INT);
/** spanId, role, service, operation, startNs, endNs, type */
const SEGMENT = fieldsOf(TEXT, TEXT, TEXT, TEXT, LONG, LONG, SEGMENT_TYPE);
/** id, role, service, agent, operation, count, errors, totalNs, pathNs */
const NODE = fieldsOf(INT, TEXT, TEXT, TEXT, TEXT, INT, INT, LONG, LONG);
/** from, to, count, type */
const EDGE = fieldsOf(INT, INT, INT, symbolsOf(['child', 'link']));
/** kind, found, agent, operation, answer */
const INSIGHT = fieldsOf(TEXT, BOOLEAN, TEXT, TEXT, TEXT);
/** type, role, service, agent, operation, instance, callerService, callerOperation, spans, errors, pathNs, dragNs */
const SHARE = fieldsOf(SEGMENT_TYPE, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, INT, INT, LONG, LONG);

function insight(): void {
  copy(INSIGHT);
  measures();
  timeline();
}

function trace(): void {
  copy(NAME);
  // The last columns.
  const sourceAt = position();
  skipped(source);
  skipped(firstOffset);
  copy(ROOT);
  arrayOf(SEGMENT);
  arrayOf(NODE);
  arrayOf(EDGE);
  findings();
  explainedBy();
  array(insight);
  arrayOf(SHARE);
  reread(sourceAt, source);
}

/** Appends its row; false (nothing appended) where the record is another one, or unusual. */
export const copyTrace = (out: RowBuffer, value: Uint8Array): boolean =>
  isOf(ID, value) && copied(out, value, trace);
