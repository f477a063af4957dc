/** Traces of one root operation, slow and other, out of ati_traces. */
import type { FailingTrace } from '../attribution/failures.ts';
import type { Sample } from '../attribution/sample.ts';
import type { SlowRule } from './attribution-rule.ts';
import { Conditions } from './conditions.ts';
import { type ApiDeps, FINAL_BY_DAY } from './deps.ts';
import type { TimeRange } from './time-range.ts';
import { type EdgeRow, type NodeRow, ownerOf, type ShareRow, toEdge, toNode } from './trace-rows.ts';

interface Deps extends Pick<ApiDeps, 'clickhouse' | 'database'> {
  /** Whose traces. */
  readonly tenant: string;
}

export interface Root {
  readonly service: string;
  readonly agent: string;
  readonly operation: string;
}

/** Traces beyond it are a random part: its mean is as good. */
const MOST_TRACES = 1_000;
const MOST_ROOTS = 10;
/** Path time without waits for a person, ns. */
const WORK = `arraySum((ns, type) -> if(type = 'idle', 0, ns), Shares.PathNs, Shares.Type)`;

const closedIn = (tenant: string, { from, to }: TimeRange, root: Partial<Root>) =>
  new Conditions()
    .add('TenantId = {tenant:String}', { tenant })
    .add('NOT Partial AND notEmpty(Shares.PathNs)')
    .add('Start >= fromUnixTimestamp64Milli({from:Int64})', { from })
    .add('Start < fromUnixTimestamp64Milli({to:Int64})', { to })
    .add('RootService = {service:String}', { service: root.service })
    .add('RootAgent = {agent:String}', { agent: root.agent })
    .add('RootOperation = {operation:String}', { operation: root.operation });

/** Root operations of a time, the one with the most path time first. Paths are not read where there is only one to find. */
export async function rootsIn(
  { clickhouse, database, tenant }: Deps,
  range: TimeRange,
  wanted: Partial<Root>,
) {
  const where = closedIn(tenant, range, wanted);
  const named = wanted.service !== undefined && wanted.agent !== undefined && wanted.operation !== undefined;
  const place = named ? '' : `sum(${WORK}) DESC,`;
  const rows = await clickhouse.query<Root & { readonly traces: string }>(
    `SELECT RootService AS service, RootAgent AS agent, RootOperation AS operation, count() AS traces
     FROM ${database}.ati_traces FINAL WHERE ${where.sql}
     GROUP BY service, agent, operation ORDER BY ${place} service, agent, operation LIMIT {limit:UInt32}`,
    { params: { ...where.params, limit: MOST_ROOTS }, settings: FINAL_BY_DAY },
  );
  return rows.map(({ service, agent, operation, traces }) => ({
    ...{ service, agent, operation },
    traces: Number(traces),
  }));
}

/** From which path time on traces are slow, ns; null where the rule is not about time, or there is no trace. */
export async function thresholdOf(
  { clickhouse, database, tenant }: Deps,
  rule: SlowRule,
  range: TimeRange,
  root: Root,
): Promise<number | null> {
  if (rule.kind === 'ms') return Math.round(rule.ms * 1e6);
  if (rule.kind !== 'percentile') return null;
  const where = closedIn(tenant, range, root);
  const [row] = await clickhouse.query<{ readonly work: string | null }>(
    `SELECT arraySort(groupArray(${WORK})) AS all,
       if(empty(all), NULL, all[least(length(all), toUInt64(floor(length(all) * {part:Float64} + 1e-9)) + 1)]) AS work
     FROM ${database}.ati_traces FINAL WHERE ${where.sql}`,
    { params: { ...where.params, part: rule.part }, settings: FINAL_BY_DAY },
  );
  return row.work === null ? null : Number(row.work);
}

export interface Wanted {
  readonly range: TimeRange;
  readonly root: Root;
  readonly rule: SlowRule;
  readonly thresholdNs: number | null;
  /** Those that are slow by the rule, or the others. */
  readonly slow: boolean;
}

interface TraceRow {
  readonly TraceId: string;
  readonly Shares: readonly ShareRow[];
  readonly Nodes?: readonly NodeRow[];
  readonly Edges?: readonly EdgeRow[];
}

function conditionsOf(tenant: string, { range, root, rule, thresholdNs, slow }: Wanted): Conditions {
  const where = closedIn(tenant, range, root);
  if (rule.kind === 'all') return where;
  const not = slow ? '' : 'NOT ';
  return rule.kind === 'failing'
    ? where.add(`${not}(ErrorCount > 0)`)
    : where.add(`${not}(${WORK} >= {threshold:Int64})`, { threshold: thresholdNs ?? 0 });
}

/** How many there are. */
export async function countOf({ clickhouse, database, tenant }: Deps, wanted: Wanted): Promise<number> {
  const where = conditionsOf(tenant, wanted);
  const [{ total }] = await clickhouse.query<{ readonly total: string }>(
    `SELECT count() AS total FROM ${database}.ati_traces FINAL WHERE ${where.sql}`,
    { params: where.params, settings: FINAL_BY_DAY },
  );
  return Number(total);
}

/** At most 1,000 of the `total` that there are, always the same; with `graph` their nodes and edges too. */
export async function sampleOf(
  { clickhouse, database, tenant }: Deps,
  wanted: Wanted,
  total: Promise<number>,
  graph = false,
): Promise<Sample & { readonly traces: readonly FailingTrace[] }> {
  const where = conditionsOf(tenant, wanted);
  const [all, rows] = await Promise.all([
    total,
    clickhouse.query<TraceRow>(
      `SELECT TraceId, Shares${graph ? ', Nodes, Edges' : ''} FROM ${database}.ati_traces FINAL WHERE ${where.sql}
       ORDER BY cityHash64(TraceId), TraceId LIMIT {limit:UInt32}`,
      { params: { ...where.params, limit: MOST_TRACES }, settings: FINAL_BY_DAY },
    ),
  ]);
  return {
    total: Math.max(all, rows.length),
    traces: rows.map(({ TraceId, Shares, Nodes = [], Edges = [] }) => ({
      traceId: TraceId,
      shares: Shares.map(toShareOfTrace),
      nodes: Nodes.map(toNode),
      edges: Edges.map((row) => ({ ...toEdge(row), type: row.Type === 'link' ? 'link' : 'child' })),
    })),
  };
}

const TYPES = { self: 'self', edge: 'edge', idle: 'idle' } as const;

const toShareOfTrace = (row: ShareRow): Sample['traces'][number]['shares'][number] => ({
  type: TYPES[row.Type as keyof typeof TYPES] ?? 'self',
  ...ownerOf(row),
  pathNs: Number(row.PathNs),
});
