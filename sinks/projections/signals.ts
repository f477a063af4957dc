import { decode } from '#schemas/codec.ts';
import type { Signal } from '#schemas/events.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { writeFindings, writeMeasures, writeSource } from './parts.ts';
import type { Projection } from './projection.ts';
import { copySignal } from './signal-copy.ts';

export const signals: Projection = {
  name: 'signals',
  topic: 'signals',
  table: 'ati_signals',
  columns: [
    'TenantId',
    'Scope',
    'Agent',
    'Operation',
    'EventTime',
    'TraceId',
    'Revision',
    'Calls',
    'Errors',
    'DurationMs',
    'Facts',
    'Findings',
    'SourcePartition',
    'SourceOffset',
    'SourceClock',
  ],
  append(out: RowBuffer, value) {
    if (copySignal(out, value)) return { ok: true, rows: 1 };
    const decoded = decode(value);
    if (!decoded.ok) return decoded;
    // Clock marks and operators' actions share the topic; they are for the windows and the incidents only.
    if (decoded.name === 'ClockMark' || decoded.name === 'OperatorAction') return { ok: true, rows: 0 };
    if (decoded.name !== 'Signal') return { ok: false, reason: `expected Signal, found ${decoded.name}` };
    writeSignal(out, decoded.value);
    return { ok: true, rows: 1 };
  },
};

/** What `copySignal` writes too, of any version. */
export function writeSignal(out: RowBuffer, signal: Signal): void {
  out.text(signal.tenant);
  out.text(signal.scope);
  out.text(signal.agent);
  out.text(signal.operation);
  out.int64(signal.eventTime);
  out.text(signal.traceId);
  out.uint32(signal.revision);
  out.uint32(signal.calls);
  out.uint32(signal.errors);
  out.float64(signal.durationMs);
  out.array(signal.facts, (fact) => {
    out.text(fact.kind);
    out.text(fact.callee);
    writeMeasures(out, fact.values);
  });
  writeFindings(out, signal.findings);
  writeSource(out, signal.source);
}
