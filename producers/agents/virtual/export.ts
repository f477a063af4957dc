/** What the batch exporters of OpenTelemetry's JavaScript SDK would have sent, and when. */
import type { Attributes } from '@opentelemetry/api';
import { encodeTraces, type OtlpAttributes, type OtlpSpan, type OtlpValue } from '#schemas/otlp/write.ts';
import type { VirtualSpan } from './virtual-span.ts';

/** A process that exports its spans. */
export interface ExportingService {
  readonly serviceName: string;
  readonly instanceId: string;
  /** In order of their ends. */
  readonly ended: readonly VirtualSpan[];
}

/** An OTLP export request. */
export interface GeneratedExport {
  /** Unix ms at which it arrives. */
  readonly atUnixMs: number;
  readonly spanCount: number;
  /** A `TracesData` protobuf message. */
  readonly otlp: Uint8Array;
}

/** Spans that make a batch exporter send at once: agent-app's and tool-service's setting, the SDK's default. */
const MAX_BATCH = 512;
/** From the exporter to the door, ms. */
const TRANSFER_MS = 1;

interface Batch {
  /** Virtual ms. */
  readonly at: number;
  readonly spans: readonly VirtualSpan[];
}

/** A timer starts with the first span of a batch; a full batch does not wait for it. */
function batches(ended: readonly VirtualSpan[], delayMs: number): Batch[] {
  const sent: Batch[] = [];
  let open: VirtualSpan[] = [];
  for (const span of ended) {
    if (open.length > 0 && span.end >= open[0].end + delayMs) {
      sent.push({ at: open[0].end + delayMs, spans: open });
      open = [];
    }
    open.push(span);
    if (open.length < MAX_BATCH) continue;
    sent.push({ at: span.end, spans: open });
    open = [];
  }
  if (open.length > 0) sent.push({ at: open[0].end + delayMs, spans: open });
  return sent;
}

/** The exports of all services in order of arrival; virtual ms 0 is `startUnixMs` (a whole number). */
export function exportsOf(
  services: readonly ExportingService[],
  startUnixMs: number,
  delayMs: number,
): GeneratedExport[] {
  const exports = services.flatMap(({ serviceName, instanceId, ended }) =>
    batches(ended, delayMs).map(({ at, spans }) => ({
      atUnixMs: startUnixMs + Math.ceil(at + TRANSFER_MS),
      spanCount: spans.length,
      otlp: encodeTraces({
        resourceSpans: [
          {
            resource: { attributes: { 'service.name': serviceName, 'service.instance.id': instanceId } },
            scopeSpans: [
              { scope: { name: 'ati.agents' }, spans: spans.map((span) => otlpSpan(span, startUnixMs)) },
            ],
          },
        ],
      }),
    })),
  );
  return exports.sort((a, b) => a.atUnixMs - b.atUnixMs);
}

/** OTLP's flags: sampled, and that it is known whether the parent is remote. */
const SAMPLED_LOCAL = 0x101;
const SAMPLED_REMOTE = 0x301;
const STATUS_ERROR = 2;

/** As the SDK gives it: the start is a wall clock's whole ms, the end so much later as a finer clock says. */
function otlpSpan(span: VirtualSpan, startUnixMs: number): OtlpSpan {
  const { traceId, spanId, parent, remote } = span.identity;
  const start = BigInt(startUnixMs + Math.floor(span.start)) * 1_000_000n;
  return {
    traceId,
    spanId,
    parentSpanId: parent?.identity.spanId,
    name: span.name,
    kind: span.kind + 1, // OTLP has "unspecified" before the API's kinds
    startTimeUnixNano: start,
    endTimeUnixNano: start + BigInt(Math.round((span.end - span.start) * 1e6)),
    attributes: otlpAttributes(span.attributes),
    status: span.failed ? { code: STATUS_ERROR } : {},
    flags: remote ? SAMPLED_REMOTE : SAMPLED_LOCAL,
  };
}

/** An attribute that is set to nothing is not there. */
function otlpAttributes(attributes: Attributes): OtlpAttributes {
  const pairs: [string, OtlpValue][] = [];
  for (const key in attributes) {
    const value = attributes[key];
    if (Array.isArray(value)) pairs.push([key, value.map((each) => each ?? null)]);
    else if (value !== undefined) pairs.push([key, value]);
  }
  return pairs;
}
