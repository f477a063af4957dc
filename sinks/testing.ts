/** For tests: an engine with the sink's tables, and events to put into them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import { migrate } from '#infra/clickhouse/migrate.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { encode } from '#schemas/codec.ts';
import type {
  EventName,
  Events,
  Finding,
  IncidentEvent,
  Insight,
  Signal,
  TraceSummary,
} from '#schemas/events.ts';
import { encodeTraces, type OtlpSpan } from '#schemas/otlp/write.ts';
import { MIGRATIONS } from './database.ts';
import { byTable, newRows, type Projection, type TablesProjection } from './projections/projection.ts';

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'ati-sinks-'));
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

export interface TestDatabase {
  readonly url: string;
  readonly clickhouse: ClickHouse;
  readonly database: string;
  stop(): Promise<void>;
}

/** An engine of its own with every migration applied. */
export async function startDatabase(): Promise<TestDatabase> {
  const directory = await temporaryDirectory();
  const engine = await spawnEngine({ dataDir: directory.path });
  const database = 'ati_test';
  const clickhouse = connectClickHouse({ url: engine.url, database });
  await migrate(clickhouse, MIGRATIONS, { database, ttlDays: 36_500 });
  return {
    url: engine.url,
    clickhouse,
    database,
    stop: async () => {
      await clickhouse.close();
      await engine.stop();
      await directory.remove();
    },
  };
}

/** Stores events as the sink would. */
export async function store<Name extends EventName>(
  { clickhouse, database }: Pick<TestDatabase, 'clickhouse' | 'database'>,
  projection: Projection | TablesProjection,
  name: Name,
  values: readonly Events[Name][],
): Promise<void> {
  const { tables, append } = byTable(projection);
  const outs = tables.map(newRows);
  for (const value of values) {
    const appended = append(outs, encode(name, value));
    if (!appended.ok) throw new Error(appended.reason);
  }
  for (const [i, { table, columns }] of tables.entries()) {
    if (outs[i].length === 0) continue;
    await clickhouse.insert(`${database}.${table}`, columns, outs[i].format, outs[i].body());
  }
}

export const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

export function incidentEvent(given: Partial<IncidentEvent> = {}): IncidentEvent {
  return {
    incidentId: hex(1, 32),
    tenant: 'default',
    event: 'opened',
    kind: 'retry_storm',
    severity: 'warning',
    episode: 1,
    revision: 1,
    settled: false,
    agent: 'planner',
    operation: 'plan trip',
    signature: 'search *',
    windowStart: 1_700_000_000_000,
    windowEnd: 1_700_000_060_000,
    openedAt: 1_700_000_001_000,
    at: 1_700_000_002_000,
    title: 'Retry storm on search *',
    explanation: 'Eleven of a hundred calls were tried again.',
    evidence: [
      { name: 'amplification', value: 1.11, unit: 'ratio' },
      { name: 'attempts', value: 111, unit: 'count' },
    ],
    timeline: [{ label: 'attempt 1', startMs: 0, durationMs: 80.5, outcome: 'error' }],
    recommendations: [{ action: 'budget_retries', text: 'Allow at most 10 retries a minute.' }],
    exemplarTraceIds: [hex(0xabc, 32)],
    affectedTraces: 3,
    thresholdsDigest: hex(7, 16),
    contentDigest: hex(8, 16),
    evidenceTraceId: hex(0xabc, 32),
    explains: [
      {
        incidentId: hex(9, 32),
        kind: 'fanout_collapse',
        agent: 'planner',
        operation: 'plan trip',
        signature: 'search *',
      },
    ],
    acknowledgedBy: '',
    acknowledgedAt: 0,
    mutedUntil: 0,
    note: '',
    ...given,
  };
}

export function finding(given: Partial<Finding> = {}): Finding {
  const { incidentId, kind, severity, agent, operation, signature, evidence } = incidentEvent();
  return {
    ...{ incidentId, kind, severity, agent, operation, signature, evidence },
    root: true,
    timeline: [],
    explanation: 'because',
    recommendations: [],
    explains: [],
    explainedBy: '',
    ...given,
  };
}

export function signal(given: Partial<Signal> = {}): Signal {
  return {
    tenant: 'default',
    scope: 'operation',
    agent: 'planner',
    operation: 'plan trip',
    traceId: hex(0xabc, 32),
    revision: 1,
    eventTime: 1_700_000_000_000,
    source: { partition: 0, offset: 1, sequence: 1, clock: 1_700_000_006_000 },
    calls: 1,
    errors: 0,
    durationMs: 100,
    facts: [],
    findings: [],
    callees: [],
    ...given,
  };
}

export function insight(given: Partial<Insight> = {}): Insight {
  return {
    kind: 'straggler',
    found: true,
    agent: 'planner',
    operation: 'plan trip',
    answer: 'search 7 took 400 ms where its siblings took 80 ms.',
    evidence: [
      { name: 'siblings', value: 10, unit: 'count' },
      { name: 'slowest', value: 400.25, unit: 'ms' },
    ],
    timeline: [{ label: 'search 7', startMs: 12.5, durationMs: 400.25, outcome: 'ok' }],
    ...given,
  };
}

export function traceSummary(given: Partial<TraceSummary> = {}): TraceSummary {
  return {
    tenant: 'default',
    traceId: hex(0xabc, 32),
    revision: 1,
    source: { partition: 0, offset: 5, sequence: 0, clock: 1_700_000_000_500 },
    firstOffset: 4,
    partial: false,
    rootSpanId: hex(1, 16),
    rootService: 'shop',
    rootAgent: 'planner',
    rootOperation: 'plan trip',
    startUnixNano: 1_700_000_000_123_456_789n,
    durationNs: 250_000_001,
    spanCount: 2,
    errorCount: 1,
    path: [
      {
        spanId: hex(1, 16),
        role: 'workflow',
        service: 'shop',
        operation: 'plan',
        startNs: 0,
        endNs: 9,
        type: 'self',
      },
    ],
    nodes: [
      {
        ...{ id: 0, role: 'workflow', service: 'shop', agent: 'planner', operation: 'plan' },
        ...{ count: 1, errors: 0, totalNs: 9, pathNs: 9 },
      },
    ],
    edges: [{ from: 0, to: 0, count: 1, type: 'link' }],
    findings: [],
    insights: [],
    shares: [
      {
        type: 'self',
        role: 'workflow',
        service: 'shop',
        agent: 'planner',
        operation: 'plan',
        instance: 'shop-1',
        callerService: '',
        callerOperation: '',
        spans: 1,
        errors: 0,
        pathNs: 250_000_001,
        dragNs: 250_000_001,
      },
    ],
    ...given,
  };
}

/** A SpanBatch of one service. */
export function spanBatch(
  spans: readonly OtlpSpan[],
  { service = 'shop', receivedAt = 1_700_000_000_500, tenant = 'default' } = {},
): Events['SpanBatch'] {
  const resourceSpans = [
    {
      resource: { attributes: { 'service.name': service, 'host.name': 'box' } },
      scopeSpans: [{ scope: { name: 'test' }, spans }],
    },
  ];
  return { tenant, receivedAt, spanCount: spans.length, otlp: encodeTraces({ resourceSpans }) };
}
