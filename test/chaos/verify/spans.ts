/** Every acknowledged span is stored exactly once, as it was sent, and nothing else is. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';

export interface SpansFound {
  readonly sent: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** Rows before the engine has put equal ones together. */
  readonly rows: number;
  readonly problems: readonly string[];
}

interface Row {
  readonly id: string;
  readonly times: string;
  readonly n: string;
}

const SHOWN = 3;

/** `sent`: id → start and duration (ns); as `Load` keeps them. */
export async function verifySpans(
  clickhouse: ClickHouse,
  sent: ReadonlyMap<string, string>,
  acknowledged: ReadonlySet<string>,
): Promise<SpansFound> {
  const [{ rows }] = await clickhouse.query<{ rows: string }>('SELECT count() AS rows FROM otel_traces');
  const found = await clickhouse.query<Row>(
    `SELECT concat(TraceId, SpanId) AS id, concat(toString(any(toUnixTimestamp64Nano(Timestamp))), ' ', toString(any(Duration))) AS times,
       count() AS n FROM otel_traces FINAL GROUP BY TenantId, TraceId, SpanId`,
  );
  const stored = new Map(found.map(({ id, times, n }) => [id, { times, n: Number(n) }]));
  const problems = [
    some(
      'acknowledged spans are lost',
      [...acknowledged].filter((id) => !stored.has(id)),
    ),
    some(
      'spans are stored more than once',
      found.filter(({ n }) => Number(n) !== 1).map(({ id }) => id),
    ),
    some(
      'spans were never sent',
      found.filter(({ id }) => !sent.has(id)).map(({ id }) => id),
    ),
    some(
      'spans have other times than they were sent with',
      found.filter(({ id, times }) => sent.has(id) && sent.get(id) !== times).map(({ id }) => id),
    ),
  ].flat();
  return {
    sent: sent.size,
    acknowledged: acknowledged.size,
    stored: stored.size,
    rows: Number(rows),
    problems,
  };
}

function some(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const shown = ids.slice(0, SHOWN).map((id) => `${id.slice(0, 32)}/${id.slice(32)}`);
  return [`${ids.length} ${what}: ${shown.join(', ')}${ids.length > SHOWN ? ', …' : ''}`];
}
