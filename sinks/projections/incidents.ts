import { decodeAs } from '#schemas/codec.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { writeMeasures, writeRecommendations, writeTimeline } from './parts.ts';
import type { Projection } from './projection.ts';

export const incidents: Projection = {
  name: 'incidents',
  topic: 'incidents',
  table: 'ati_incident_events',
  columns: [
    'TenantId',
    'IncidentId',
    'Revision',
    'Event',
    'Kind',
    'Severity',
    'Episode',
    'Settled',
    'Agent',
    'Operation',
    'Signature',
    'WindowStart',
    'WindowEnd',
    'OpenedAt',
    'At',
    'Title',
    'Explanation',
    'Evidence',
    'Timeline',
    'Recommendations',
    'ExemplarTraceIds',
    'AffectedTraces',
    'ThresholdsDigest',
    'ContentDigest',
    'EvidenceTraceId',
    'Explains',
    'AcknowledgedBy',
    'AcknowledgedAt',
    'MutedUntil',
    'Note',
  ],
  append(out: RowBuffer, value) {
    const decoded = decodeAs('IncidentEvent', value);
    if (!decoded.ok) return decoded;
    const event = decoded.value;
    out.text(event.tenant);
    out.text(event.incidentId);
    out.uint32(event.revision);
    out.text(event.event);
    out.text(event.kind);
    out.text(event.severity);
    out.uint32(event.episode);
    out.uint8(event.settled ? 1 : 0);
    out.text(event.agent);
    out.text(event.operation);
    out.text(event.signature);
    out.int64(event.windowStart);
    out.int64(event.windowEnd);
    out.int64(event.openedAt);
    out.int64(event.at);
    out.text(event.title);
    out.text(event.explanation);
    writeMeasures(out, event.evidence);
    writeTimeline(out, event.timeline);
    writeRecommendations(out, event.recommendations);
    out.array(event.exemplarTraceIds, (id) => out.text(id));
    out.uint32(event.affectedTraces);
    out.text(event.thresholdsDigest);
    out.text(event.contentDigest);
    out.text(event.evidenceTraceId);
    out.array(event.explains, (symptom) => {
      out.text(symptom.incidentId);
      out.text(symptom.kind);
      out.text(symptom.agent);
      out.text(symptom.operation);
      out.text(symptom.signature);
    });
    out.text(event.acknowledgedBy);
    out.int64(event.acknowledgedAt);
    out.int64(event.mutedUntil);
    out.text(event.note);
    return { ok: true, rows: 1 };
  },
};
