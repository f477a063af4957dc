/** Splits an OTLP metrics export by service, through the privacy allowlist. */
import { ENVELOPE } from './fields.ts';
import { MetricPoints } from './metric-fields.ts';
import { METRIC_DATA, METRIC_HEAD } from './metric-shapes.ts';
import { type TelemetryOptions, type TelemetrySplit, TelemetrySplitter } from './split-telemetry.ts';
import { type Failure, lengthEnd, next, skip, tag } from './wire.ts';

/**
 * Splits an ExportMetricsServiceRequest (the same bytes as a MetricsData). Never throws. Malformed framing refuses the
 * body with a reason; a data point without a time, or too large for a part, is rejected alone (OTLP's partial success).
 */
export function splitMetrics(body: Uint8Array, options: TelemetryOptions): TelemetrySplit | Failure {
  return new MetricSplitter(body, options).run();
}

const METRIC = 2;
const DATA = 3;

class MetricSplitter extends TelemetrySplitter {
  constructor(body: Uint8Array, options: TelemetryOptions) {
    super(body, options, 'data point', 4);
  }

  protected override fault(): string {
    return this.shapes.timed ? '' : 'no time';
  }

  /** Name, unit and metadata, then the points of its data. */
  protected override member(from: number, end: number): void {
    const { edits } = this.filter;
    const { head } = this.begin(METRIC, ENVELOPE.members);
    edits.clear();
    this.shapes.message(METRIC_HEAD, from, end);
    edits.write(this.b, from, end, 0, head);
    const data = this.#dataOf(from, end);
    const kind = METRIC_DATA.get(data);
    if (kind === undefined) return;
    const dataHead = this.begin(DATA, data).head;
    this.#each(from, end, data, (at, until) => {
      edits.clear();
      this.shapes.message(kind.head, at, until);
      edits.write(this.b, at, until, 0, dataHead);
    });
    this.#each(from, end, data, (at, until) =>
      this.#each(at, until, MetricPoints.dataPoints, (point, pointEnd) =>
        this.item(kind.point, MetricPoints.dataPoints, point, pointEnd),
      ),
    );
  }

  /** The tag of the metric's data; of several kinds the last counts, as in a oneof. */
  #dataOf(from: number, end: number): number {
    let data = 0;
    for (let p = from; p < end; ) {
      const field = tag(this.b, p, end);
      p = skip(this.b, next, end, field);
      if (!METRIC_DATA.has(field)) continue;
      if (data !== 0 && data !== field) this.filter.dropped.unknownFields++;
      data = field;
    }
    return data;
  }

  #each(from: number, end: number, wanted: number, call: (from: number, end: number) => void): void {
    for (let p = from; p < end; ) {
      const field = tag(this.b, p, end);
      const start = next;
      p = skip(this.b, start, end, field);
      if (field !== wanted) continue;
      lengthEnd(this.b, start, end);
      call(next, p);
    }
  }
}
