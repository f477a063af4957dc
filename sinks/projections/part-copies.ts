/** What several events have in common, from Avro straight to RowBinary: the columns of parts.ts. */
import { array, arrayOf, BOOLEAN, copy, DOUBLE, fieldsOf, INT, LONG, symbolsOf, TEXT } from './avro-copy.ts';
import { length, position, reread, skipped } from './avro-values.ts';

const ONE_TEXT = fieldsOf(TEXT);
export const text = (): void => copy(ONE_TEXT);

const MEASURE = fieldsOf(TEXT, DOUBLE, TEXT);
export const measures = (): void => arrayOf(MEASURE);

const TIMELINE_ENTRY = fieldsOf(TEXT, DOUBLE, DOUBLE, TEXT);
export const timeline = (): void => arrayOf(TIMELINE_ENTRY);

const RECOMMENDATION = fieldsOf(TEXT, TEXT);
const EXPLAINED = fieldsOf(TEXT, TEXT, TEXT, TEXT, TEXT);
const explains = (): void => arrayOf(EXPLAINED);

/** Where `explainedBy` of the findings stands: it is a column of its own. */
let explainedAt = new Int32Array(16);
let findingCount = 0;

const FINDING = fieldsOf(TEXT, TEXT, symbolsOf(['warning', 'critical']), TEXT, TEXT, TEXT, BOOLEAN);

function finding(): void {
  copy(FINDING);
  measures();
  timeline();
  text();
  arrayOf(RECOMMENDATION);
  skipped(explains);
  if (findingCount === explainedAt.length) {
    const grown = new Int32Array(findingCount * 2);
    grown.set(explainedAt);
    explainedAt = grown;
  }
  explainedAt[findingCount++] = position();
  skipped(text);
}

/** Column Findings. */
export function findings(): void {
  findingCount = 0;
  array(finding);
}

/** Column ExplainedBy, of the findings that were read last. */
export function explainedBy(): void {
  length(findingCount);
  for (let i = 0; i < findingCount; i++) reread(explainedAt[i], text);
}

const PLACE = fieldsOf(INT, LONG);
const SEQUENCE = fieldsOf(INT);
const CLOCK = fieldsOf(LONG);
const sequence = (): void => copy(SEQUENCE);

/** SourcePartition, SourceOffset; then, behind the sequence, SourceClock. */
export function source(): void {
  copy(PLACE);
  skipped(sequence);
  copy(CLOCK);
}
