/** A trace's spans on their way to the door, one by one, so that they can be lost, held up, sent twice or told wrongly. */
import { ATTRIBUTES_OF, findAttribute } from '#schemas/otlp/attributes.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { ENVELOPE } from '#schemas/otlp/fields.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { ProtoWriter } from '#schemas/otlp/write.ts';
import { ATTR } from '#schemas/semconv.ts';

/** An OTLP export request. */
export interface Export {
  /** Unix ms at which it arrives. */
  readonly atUnixMs: number;
  readonly spanCount: number;
  /** A `TracesData` protobuf message. */
  readonly otlp: Uint8Array;
}

/** A span with its resource: both as encoded messages without their tags. */
export interface Sent {
  readonly resource: Uint8Array;
  /** service.name of the resource. */
  readonly service: string;
  readonly span: Uint8Array;
  /** Without a parent. */
  readonly root: boolean;
}

/** Spans that arrive together. */
export interface Delivery {
  readonly atUnixMs: number;
  readonly spans: readonly Sent[];
}

/** The spans of exports; throws where one is not OTLP (they are the generator's own). */
export function readDeliveries(exports: readonly Export[]): Delivery[] {
  return exports.map(({ atUnixMs, otlp }) => {
    const rows = new SpanColumns();
    const skimmed = skimSpans(otlp, rows);
    if (!skimmed.ok) throw new Error(`not OTLP: ${skimmed.reason}`);
    return { atUnixMs, spans: Array.from({ length: rows.n }, (_, row) => sentOf(rows, otlp, row)) };
  });
}

function sentOf(rows: SpanColumns, otlp: Uint8Array, row: number): Sent {
  const from = rows.resourceOffset[row];
  const length = rows.resourceLength[row];
  const service = findAttribute(otlp, from, length, ATTRIBUTES_OF.resource, ATTR.SERVICE_NAME);
  return {
    resource: otlp.subarray(from, from + length),
    service: typeof service === 'string' ? service : '',
    span: otlp.subarray(rows.spanOffset[row], rows.spanOffset[row] + rows.spanLength[row]),
    root: rows.parentId.subarray(row * 8, row * 8 + 8).every((byte) => byte === 0),
  };
}

/** The deliveries as exports, in order of arrival (those of one moment in the given order); empty ones are left out. */
export function writeDeliveries(deliveries: readonly Delivery[]): Export[] {
  return deliveries
    .filter(({ spans }) => spans.length > 0)
    .map(({ atUnixMs, spans }) => ({ atUnixMs, spanCount: spans.length, otlp: encode(spans) }))
    .sort((a, b) => a.atUnixMs - b.atUnixMs);
}

/** Neighbours of one service share a resource, as an exporter would send them. */
function encode(spans: readonly Sent[]): Uint8Array {
  const writer = new ProtoWriter();
  for (let from = 0, to = 0; from < spans.length; from = to) {
    const { service, resource } = spans[from];
    while (to < spans.length && spans[to].service === service) to++;
    writer.message(ENVELOPE.resources, () => {
      writer.bytes(ENVELOPE.resource, resource);
      writer.message(ENVELOPE.scopes, () => {
        for (const { span } of spans.slice(from, to)) writer.bytes(ENVELOPE.members, span);
      });
    });
  }
  return writer.finish();
}
