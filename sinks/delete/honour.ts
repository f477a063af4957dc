import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { decode } from '#schemas/codec.ts';
import type { TablesProjection } from '../projections/projection.ts';
import type { Deletions } from './deletions.ts';
import { countRows, deleteRows } from './rows.ts';

/**
 * A projection that gives no rows of what was deleted, where the log is read again. A span batch is of many traces: those
 * that were deleted one by one are taken out of the table afterwards (`purgeTraces`).
 */
export function honouring(projection: TablesProjection, deletions: Deletions): TablesProjection {
  // The usual case costs nothing.
  if (deletions.all.length === 0) return projection;
  const nothing = { ok: true, rows: projection.tables.map(() => 0) } as const;
  return {
    ...projection,
    append: (outs, value) => (isDeleted(value, deletions) ? nothing : projection.append(outs, value)),
  };
}

/** Bytes that cannot be decoded are the projection's to refuse. */
function isDeleted(bytes: Uint8Array, deletions: Deletions): boolean {
  const decoded = decode(bytes);
  if (!decoded.ok) return false;
  switch (decoded.name) {
    case 'SpanBatch':
    case 'MetricBatch':
    case 'LogBatch':
      return deletions.isDeleted(decoded.value.tenant, '', decoded.value.receivedAt);
    case 'TraceSummary':
    case 'Signal':
      return deletions.isDeleted(decoded.value.tenant, decoded.value.traceId, decoded.value.source.clock);
    case 'IncidentEvent':
      return deletions.isDeleted(decoded.value.tenant, '', decoded.value.at);
    default:
      return false;
  }
}

/** Takes single traces that were deleted out of tables that the log has been read into again. */
export async function purgeTraces(ch: ClickHouse, database: string, deletions: Deletions): Promise<void> {
  for (const deletion of deletions.all) {
    if (deletion.traceId === '') continue;
    const found = await countRows(ch, database, deletion);
    if (found.some(({ rows }) => rows > 0)) await deleteRows(ch, database, deletion);
  }
}
