/** Signal v2 → a row of `ati_signals`, in the order of its columns. What it does not take, `signals.ts` reads. */
import type { RowBuffer } from '../rowbinary/buffer.ts';
import {
  array,
  copied,
  double,
  int,
  isOf,
  long,
  position,
  reread,
  schemaId,
  skipped,
  text,
  word,
  wordsOf,
} from './avro-copy.ts';
import { findings, measures, source } from './part-copies.ts';

const ID = schemaId('Signal', 2);
const SCOPES = wordsOf(['operation', 'instance']);

function fact(): void {
  text(); // kind
  text(); // callee
  measures();
}
const callees = (): void => array(text);

function signal(): void {
  text(); // tenant
  word(SCOPES);
  text(); // agent
  text(); // operation
  const traceAt = position();
  skipped(text);
  skipped(int);
  long(); // eventTime
  reread(traceAt, traceAndRevision);
  const sourceAt = position();
  skipped(source);
  int(); // calls
  int();
  double();
  array(fact);
  findings();
  skipped(callees);
  reread(sourceAt, source);
}

function traceAndRevision(): void {
  text();
  int();
}

/** Appends its row; false (nothing appended) where the record is another one, or unusual. */
export const copySignal = (out: RowBuffer, value: Uint8Array): boolean =>
  isOf(ID, value) && copied(out, value, signal);
