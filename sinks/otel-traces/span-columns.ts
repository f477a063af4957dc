/** Rows of `otel_traces` by column, as ClickHouse's Native format takes them (docs/adr/0018-rows-or-columns.md). */
import { AttributesColumn } from '../native/attributes-column.ts';
import { writeBlock } from '../native/block.ts';
import { ArrayOf, type Column, LowCardinality, Plain, type Store, Words } from '../native/column.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import type { Rows } from '../rowbinary/rows.ts';
import { Resources } from './resources.ts';

const TIME = 'DateTime64(9)';
/** As the Collector's exporter writes them, by OTLP's numbers; what is unknown counts as the first. */
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const CODES = ['Unset', 'Ok', 'Error'];

export class SpanColumns implements Rows {
  readonly format = 'Native';
  readonly timestamp = new Plain(TIME);
  readonly traceId = new Plain('String');
  readonly spanId = new Plain('String');
  readonly parentSpanId = new Plain('String');
  readonly traceState = new Plain('String');
  readonly spanName = new LowCardinality();
  readonly spanKind = new Words(KINDS);
  readonly serviceName = new LowCardinality();
  readonly resourceAttributes = new AttributesColumn();
  readonly scopeName = new Plain('String');
  readonly scopeVersion = new Plain('String');
  readonly spanAttributes = new AttributesColumn();
  readonly duration = new Plain('UInt64');
  readonly statusCode = new Words(CODES);
  readonly statusMessage = new Plain('String');
  readonly eventTimes = new ArrayOf(new Plain(TIME));
  readonly eventNames = new ArrayOf(new LowCardinality(), this.eventTimes.sizes);
  readonly eventAttributes = new ArrayOf(new AttributesColumn(), this.eventTimes.sizes);
  readonly linkTraceIds = new ArrayOf(new Plain('String'));
  readonly linkSpanIds = new ArrayOf(new Plain('String'), this.linkTraceIds.sizes);
  readonly linkStates = new ArrayOf(new Plain('String'), this.linkTraceIds.sizes);
  readonly linkAttributes = new ArrayOf(new AttributesColumn(), this.linkTraceIds.sizes);
  readonly tenantId = new LowCardinality();
  readonly receivedAt = new Plain('DateTime64(3)');
  rows = 0;
  readonly resources = new Resources();
  /** The trace id of the last row, as bytes, unless it is not known. */
  readonly lastTraceId = new DataView(new ArrayBuffer(16));
  hasTraceId = false;
  readonly #columns: ReadonlyMap<string, Column> = new Map<string, Column>([
    ['Timestamp', this.timestamp],
    ['TraceId', this.traceId],
    ['SpanId', this.spanId],
    ['ParentSpanId', this.parentSpanId],
    ['TraceState', this.traceState],
    ['SpanName', this.spanName],
    ['SpanKind', this.spanKind],
    ['ServiceName', this.serviceName],
    ['ResourceAttributes', this.resourceAttributes],
    ['ScopeName', this.scopeName],
    ['ScopeVersion', this.scopeVersion],
    ['SpanAttributes', this.spanAttributes],
    ['Duration', this.duration],
    ['StatusCode', this.statusCode],
    ['StatusMessage', this.statusMessage],
    ['Events.Timestamp', this.eventTimes],
    ['Events.Name', this.eventNames],
    ['Events.Attributes', this.eventAttributes],
    ['Links.TraceId', this.linkTraceIds],
    ['Links.SpanId', this.linkSpanIds],
    ['Links.TraceState', this.linkStates],
    ['Links.Attributes', this.linkAttributes],
    ['TenantId', this.tenantId],
    ['ReceivedAt', this.receivedAt],
  ]);
  readonly #stores: readonly Store[] = [...this.#columns.values()].flatMap(({ stores }) => stores);
  readonly #body = new RowBuffer(256);

  /** In the order of the columns. */
  get names(): readonly string[] {
    return [...this.#columns.keys()];
  }

  get length(): number {
    let bytes = 0;
    for (const store of this.#stores) bytes += store.length;
    return bytes;
  }

  /** What `reset` goes back to. */
  mark(): readonly number[] {
    return [this.rows, ...this.#stores.map(({ length }) => length)];
  }

  /** Drops the rows since `mark`; keys that only they had stay in the dictionaries. */
  reset(mark: readonly number[]): void {
    this.rows = mark[0];
    this.hasTraceId = false;
    this.resources.clear();
    for (const [i, store] of this.#stores.entries()) store.length = mark[i + 1];
  }

  body(): Uint8Array {
    this.#body.clear();
    writeBlock(this.#body, this.#columns, this.rows);
    return this.#body.view();
  }

  clear(): void {
    this.rows = 0;
    this.hasTraceId = false;
    this.resources.clear();
    for (const column of this.#columns.values()) column.clear();
    this.#body.clear();
  }
}
