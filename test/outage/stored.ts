/** What ClickHouse has of the spans that were acknowledged. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';

export interface Stored {
  /** Acknowledged and not there. */
  readonly missing: number;
  /** There more than once, as users count (FINAL). */
  readonly doubled: number;
  readonly rows: number;
}

export async function storedOf(clickhouse: ClickHouse, acknowledged: ReadonlySet<string>): Promise<Stored> {
  const found = await clickhouse.query<{ id: string; times: string }>(
    'SELECT SpanId AS id, count() AS times FROM otel_traces FINAL GROUP BY SpanId',
    { settings: { max_execution_time: 60 } },
  );
  const ids = new Set(found.map(({ id }) => id));
  let missing = 0;
  for (const id of acknowledged) if (!ids.has(id)) missing++;
  return {
    missing,
    doubled: found.filter(({ times }) => times !== '1').length,
    rows: found.reduce((sum, { times }) => sum + Number(times), 0),
  };
}
