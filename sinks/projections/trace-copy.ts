/** TraceSummary v3 → a row of `ati_traces`, in the order of its columns. What it does not take, `traces.ts` reads. */
import type { RowBuffer } from '../rowbinary/buffer.ts';
import {
  array,
  boolean,
  copied,
  int,
  isOf,
  long,
  nanos,
  position,
  reread,
  schemaId,
  skipped,
  text,
  word,
  wordsOf,
} from './avro-copy.ts';
import { explainedBy, findings, measures, source, timeline } from './part-copies.ts';

const ID = schemaId('TraceSummary', 3);
const SEGMENTS = wordsOf(['self', 'edge', 'idle']);
const EDGES = wordsOf(['child', 'link']);

function segment(): void {
  text(); // spanId
  text();
  text();
  text();
  long();
  long();
  word(SEGMENTS);
}

function node(): void {
  int();
  text();
  text();
  text();
  text();
  int();
  int();
  long();
  long();
}

function edge(): void {
  int();
  int();
  int();
  word(EDGES);
}

function insight(): void {
  text();
  boolean();
  text();
  text();
  text();
  measures();
  timeline();
}

function share(): void {
  word(SEGMENTS);
  text();
  text();
  text();
  text();
  text();
  text();
  text();
  int();
  int();
  long();
  long();
}

function trace(): void {
  text(); // tenant
  text(); // traceId
  int(); // revision
  // The last columns.
  const sourceAt = position();
  skipped(source);
  skipped(long); // firstOffset
  boolean(); // partial
  text(); // rootSpanId
  text();
  text();
  text();
  nanos(); // startUnixNano
  long();
  int();
  int();
  array(segment);
  array(node);
  array(edge);
  findings();
  explainedBy();
  array(insight);
  array(share);
  reread(sourceAt, source);
}

/** Appends its row; false (nothing appended) where the record is another one, or unusual. */
export const copyTrace = (out: RowBuffer, value: Uint8Array): boolean =>
  isOf(ID, value) && copied(out, value, trace);
