/** Times that no clock tells: the analysis reads them in another way than they are written, and a reader should know. */
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import type { Collected } from './collected.ts';

const WORD = 2 ** 32;
/** 2^52 ns: longer spans, and all that is further from a trace's start, read as this. */
const LONGEST_NS = 2 ** 52;
/** 2^63 ns, when signed clocks end, less the 104 days that the analysis keeps free for the length of a trace. */
const LATEST_START_NS = 2 ** 63 - 2 ** 53;

/** Notes the times of a TracesData message that the analysis will not take as they are. */
export function noteTimes(otlp: Uint8Array, into: Collected): void {
  const columns = new SpanColumns();
  skimSpans(otlp, columns);
  const { n, time } = columns;
  const counts = { backwards: 0, long: 0, late: 0 };
  for (let at = 0; at < n * 4; at += 4) {
    const lasted = (time[at + 3] - time[at + 1]) * WORD + (time[at + 2] - time[at]);
    if (lasted < 0) counts.backwards++;
    if (lasted > LONGEST_NS) counts.long++;
    if (time[at + 1] * WORD + time[at] > LATEST_START_NS) counts.late++;
  }
  if (counts.backwards > 0)
    into.note('spans without an end, or that end before they start: read as moments', counts.backwards);
  if (counts.long > 0) into.note('spans of more than 52 days: read as 52 days', counts.long);
  if (counts.late > 0) into.note('spans of after the year 2261: read as of its last days', counts.late);
}
