/** OTLP messages, in which traces are mixed, as one message for each trace. */

import { SpanColumns } from '#schemas/otlp/columns.ts';
import { ENVELOPE } from '#schemas/otlp/fields.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { ProtoWriter } from '#schemas/otlp/write.ts';

export interface TraceSpans {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Its rows, duplicates included. */
  readonly columns: SpanColumns;
  /** Files (positions) that it has spans from. */
  readonly files: readonly number[];
}

/** `files[i]` are the messages of file i, as the door lets them through. In order of trace id. */
export function byTrace(files: readonly (readonly Uint8Array[])[]): TraceSpans[] {
  const traces = new Map<string, { columns: SpanColumns; files: Set<number> }>();
  for (const [file, messages] of files.entries()) {
    for (const message of messages) {
      const rows = new SpanColumns();
      const skimmed = skimSpans(message, rows);
      if (!skimmed.ok) throw new Error(`the door let no OTLP through: ${skimmed.reason}`);
      for (let row = 0; row < rows.n; row++) {
        const traceId = Buffer.from(rows.traceId.subarray(row * 16, row * 16 + 16)).toString('hex');
        let trace = traces.get(traceId);
        if (trace === undefined) {
          trace = { columns: new SpanColumns(), files: new Set() };
          traces.set(traceId, trace);
        }
        const { columns } = trace;
        if (columns.buffers.at(-1) !== message) columns.buffers.push(message);
        columns.appendRow(rows, row, columns.buffers.length - 1);
        trace.files.add(file);
      }
    }
  }
  return [...traces]
    .map(([traceId, { columns, files }]) => ({ traceId, columns, files: [...files] }))
    .sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
}

/** The spans as one TracesData message: a ResourceSpans for each run of rows of one resource. */
export function messageOf(c: SpanColumns): Uint8Array {
  const w = new ProtoWriter();
  const slice = (row: number, from: number, length: number) =>
    c.buffers[c.buffer[row]].subarray(from, from + length);
  const sameResource = (a: number, b: number) =>
    c.buffer[a] === c.buffer[b] &&
    c.resourceOffset[a] === c.resourceOffset[b] &&
    c.resourceLength[a] === c.resourceLength[b];
  for (let from = 0, to = 0; from < c.n; from = to) {
    while (to < c.n && sameResource(from, to)) to++;
    w.message(ENVELOPE.resources, () => {
      w.bytes(ENVELOPE.resource, slice(from, c.resourceOffset[from], c.resourceLength[from]));
      w.message(ENVELOPE.scopes, () => {
        for (let row = from; row < to; row++)
          w.bytes(ENVELOPE.members, slice(row, c.spanOffset[row], c.spanLength[row]));
      });
    });
  }
  return w.finish();
}
