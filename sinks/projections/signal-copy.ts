/** Signal v2 → a row of `ati_signals`, in the order of its columns. What it does not take, `signals.ts` reads. */
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { array, arrayOf, copy, DOUBLE, fieldsOf, INT, LONG, symbolsOf, TEXT } from './avro-copy.ts';
import { copied, isOf, position, reread, schemaId, skipped } from './avro-values.ts';
import { findings, measures, source } from './part-copies.ts';

const ID = schemaId('Signal', 2);

/** tenant, scope, agent, operation */
const SUBJECT = fieldsOf(TEXT, symbolsOf(['operation', 'instance']), TEXT, TEXT);
/** traceId, revision */
const TRACE = fieldsOf(TEXT, INT);
const traceAndRevision = (): void => copy(TRACE);
const EVENT_TIME = fieldsOf(LONG);
/** calls, errors, durationMs */
const COUNTS = fieldsOf(INT, INT, DOUBLE);
/** kind, callee */
const FACT = fieldsOf(TEXT, TEXT);
const CALLEE = fieldsOf(TEXT);
const callees = (): void => arrayOf(CALLEE);

function fact(): void {
  copy(FACT);
  measures();
}

function signal(): void {
  copy(SUBJECT);
  const traceAt = position();
  skipped(traceAndRevision);
  copy(EVENT_TIME);
  reread(traceAt, traceAndRevision);
  const sourceAt = position();
  skipped(source);
  copy(COUNTS);
  array(fact);
  findings();
  skipped(callees);
  reread(sourceAt, source);
}

/** Appends its row; false (nothing appended) where the record is another one, or unusual. */
export const copySignal = (out: RowBuffer, value: Uint8Array): boolean =>
  isOf(ID, value) && copied(out, value, signal);
