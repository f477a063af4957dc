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

/** A row of the query below. */
export interface StoredSpan {
  readonly id: string;
  /** Start and duration, ns. */
  readonly times: string;
  /** Rows of that id. */
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
  const found = await clickhouse.query<StoredSpan>(
    `SELECT concat(TraceId, SpanId) AS id, concat(toString(any(toUnixTimestamp64Nano(Timestamp))), ' ', toString(any(Duration))) AS times,
       count() AS n FROM otel_traces FINAL GROUP BY TenantId, TraceId, SpanId`,
  );
  const problems = spanProblems(found, sent, acknowledged);
  const stored = new Set(found.map(({ id }) => id)).size;
  return { sent: sent.size, acknowledged: acknowledged.size, stored, rows: Number(rows), problems };
}

/** What is wrong with the rows found, in words. */
export function spanProblems(
  found: readonly StoredSpan[],
  sent: ReadonlyMap<string, string>,
  acknowledged: ReadonlySet<string>,
): string[] {
  const stored = new Set(found.map(({ id }) => id));
  const ids = (wrong: (span: StoredSpan) => boolean) => found.filter(wrong).map(({ id }) => id);
  return [
    ...some(
      'acknowledged spans are lost',
      [...acknowledged].filter((id) => !stored.has(id)),
    ),
    ...some(
      'spans are stored more than once',
      ids(({ n }) => Number(n) !== 1),
    ),
    ...some(
      'spans were never sent',
      ids(({ id }) => !sent.has(id)),
    ),
    ...some(
      'spans have other times than they were sent with',
      ids(({ id, times }) => sent.has(id) && sent.get(id) !== times),
    ),
  ];
}

function some(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const shown = ids.slice(0, SHOWN).map((id) => `${id.slice(0, 32)}/${id.slice(32)}`);
  return [`${ids.length} ${what}: ${shown.join(', ')}${ids.length > SHOWN ? ', …' : ''}`];
}
