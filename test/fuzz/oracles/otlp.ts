/** What holds of every part that the door lets through, whatever the export was. */
import { encode } from '#schemas/codec.ts';
import { createAllowlist } from '#schemas/otlp/allowlist.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import type { Dropped } from '#schemas/otlp/dropped.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { guarded, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { byTable, newRows } from '#sinks/projections/projection.ts';
import { spans } from '#sinks/projections/spans.ts';
import { telemetry } from '#sinks/projections/telemetry.ts';
import { holds, same } from '../target.ts';

export const FILTER = {
  allowlist: createAllowlist(),
  maxAttributesPerSpan: 128,
  maxNesting: 16,
  hash: (value: Uint8Array) => value.length.toString(16).padStart(64, '0'),
};

/** Tags of a step; of a oneof only the kind that stands last counts, and the others are not even read. */
export interface Step {
  readonly tags: readonly number[];
  readonly oneof?: boolean;
}

/** How many messages stand at the end of `path`, from the outermost. */
export function countOf(otlp: Uint8Array, path: readonly Step[]): number {
  const counted = guarded(() => {
    const each = (
      from: number,
      end: number,
      tags: readonly number[],
      call: (from: number, end: number, field: number) => void,
    ) => {
      for (let p = from; p < end; ) {
        const field = tag(otlp, p, end);
        const start = next;
        p = skip(otlp, start, end, field);
        if (!tags.includes(field)) continue;
        lengthEnd(otlp, start, end);
        call(next, p, field);
      }
    };
    const walk = (from: number, end: number, depth: number): number => {
      if (depth === path.length) return 1;
      let { tags, oneof } = path[depth];
      if (oneof)
        each(from, end, tags, (_from, _end, field) => {
          tags = [field];
        });
      let n = 0;
      each(from, end, tags, (at, until) => {
        n += walk(at, until, depth + 1);
      });
      return n;
    };
    return { ok: true as const, n: walk(0, otlp.length, 0) };
  });
  holds(counted.ok, () => `accepted, but not readable: ${counted.ok ? '' : counted.reason}`);
  return counted.n;
}

const RESOURCES: Step = { tags: [0x0a] };
const MEMBERS: Step = { tags: [0x12] };
/** Spans and log records alike. */
export const ITEMS = [RESOURCES, MEMBERS, MEMBERS];
/** Through gauge, sum, histogram, exponential histogram and summary to their points. */
export const POINTS = [
  RESOURCES,
  MEMBERS,
  MEMBERS,
  { tags: [42, 58, 74, 82, 90], oneof: true },
  { tags: [0x0a] },
];

/** Nothing was dropped: what has passed the door passes it unchanged. */
export function nothingDropped(dropped: Dropped): void {
  for (const [what, count] of Object.entries(dropped))
    same(`${what} dropped at the second passing`, count, 0);
}

/** The sink's rows of spans, and what stage 1 reads: as many as the part says. */
export function readableSpans(otlp: Uint8Array, count: number): void {
  const skimmed = skimSpans(otlp, new SpanColumns());
  holds(skimmed.ok, () => `stage 1 cannot read the part: ${skimmed.ok ? '' : skimmed.reason}`);
  same('spans that stage 1 reads', skimmed.added, count);
  const value = encode('SpanBatch', {
    tenant: 'default',
    receivedAt: 1_700_000_000_000,
    spanCount: count,
    otlp,
  });
  const rows = rowsOf(spans, value);
  same('rows of spans', rows, count);
}

/** The same for metrics and logs. */
export function readableTelemetry(name: 'MetricBatch' | 'LogBatch', otlp: Uint8Array, count: number): void {
  const common = { tenant: 'default', receivedAt: 1_700_000_000_000, service: 's', otlp };
  const value =
    name === 'MetricBatch'
      ? encode(name, { ...common, pointCount: count })
      : encode(name, { ...common, recordCount: count });
  same(`rows of ${name}`, rowsOf(telemetry, value), count);
}

type Any = Parameters<typeof byTable>[0];

function rowsOf(projection: Any, value: Uint8Array): number {
  const { tables, append } = byTable(projection);
  const appended = append(tables.map(newRows), value);
  holds(appended.ok, () => `the sink cannot read the part: ${appended.ok ? '' : appended.reason}`);
  return appended.rows.reduce((sum, rows) => sum + rows, 0);
}
