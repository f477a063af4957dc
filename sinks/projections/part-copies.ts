/** What several events have in common, from Avro straight to RowBinary: the columns of parts.ts. */
import {
  array,
  boolean,
  double,
  int,
  length,
  long,
  position,
  reread,
  skipped,
  text,
  word,
  wordsOf,
} from './avro-copy.ts';

const SEVERITY_WORDS = wordsOf(['warning', 'critical']);

function measure(): void {
  text();
  double();
  text();
}
export const measures = (): void => array(measure);

function timelineEntry(): void {
  text();
  double();
  double();
  text();
}
export const timeline = (): void => array(timelineEntry);

function recommendation(): void {
  text();
  text();
}

function explained(): void {
  text();
  text();
  text();
  text();
  text();
}
const explains = (): void => array(explained);

/** Where `explainedBy` of the findings stands: it is a column of its own. */
let explainedAt = new Int32Array(16);
let findingCount = 0;

function finding(): void {
  text();
  text();
  word(SEVERITY_WORDS);
  text();
  text();
  text();
  boolean();
  measures();
  timeline();
  text();
  array(recommendation);
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

/** SourcePartition, SourceOffset; then, behind the sequence, SourceClock. */
export function source(): void {
  int();
  long();
  skipped(int);
  long();
}
