/** What tenants have stored: everything under the same ids, told apart only by their canaries. */
import type { IncidentEvent } from '#schemas/events.ts';
import { incidents } from '../../sinks/projections/incidents.ts';
import { signals } from '../../sinks/projections/signals.ts';
import { spans } from '../../sinks/projections/spans.ts';
import { telemetry } from '../../sinks/projections/telemetry.ts';
import { traces } from '../../sinks/projections/traces.ts';
import {
  finding,
  hex,
  incidentEvent,
  insight,
  spanBatch,
  store,
  type TestDatabase,
  traceSummary,
} from '../../sinks/testing.ts';
import { logBatch, metricBatch } from '../../sinks/testing-telemetry.ts';

/** Unix ms; the API's clock is ten minutes later. */
const AT = 1_700_000_000_000;
const NANOS = BigInt(AT) * 1_000_000n;

export const TRACE = hex(0xabc, 32);
export const INCIDENT = hex(0x13, 32);
/** Explained by INCIDENT. */
export const SYMPTOM = hex(0x14, 32);
/** Enough to compare slow ones with others. */
const TRACES = 60;

/** Stands in every text of a tenant. */
export const canaryOf = (tenant: string) => `canary-of-${tenant}`;

export function incidentOf(tenant: string, given: Partial<IncidentEvent> = {}): IncidentEvent {
  const canary = canaryOf(tenant);
  const names = { agent: canary, operation: canary, signature: canary };
  const explains = [{ ...names, incidentId: SYMPTOM, kind: 'fanout_collapse' }];
  return incidentEvent({
    ...names,
    ...{ tenant, incidentId: INCIDENT, title: canary, explanation: canary, note: canary, explains },
    evidence: [{ name: canary, value: 1, unit: canary }],
    timeline: [{ label: canary, startMs: 0, durationMs: 1, outcome: canary }],
    recommendations: [{ action: canary, text: canary }],
    exemplarTraceIds: [TRACE],
    evidenceTraceId: TRACE,
    ...given,
  });
}

function summaryOf(tenant: string, number: number) {
  const canary = canaryOf(tenant);
  const slow = number % 10 === 0;
  const owner = { role: 'tool_call', service: canary, agent: canary, operation: canary };
  const share = {
    ...{ ...owner, type: 'self' as const, instance: canary, callerService: canary, callerOperation: canary },
    ...{ spans: 1, errors: slow ? 1 : 0, pathNs: slow ? 900_000_000 : 100_000_000, dragNs: 1 },
  };
  return traceSummary({
    tenant,
    traceId: number === 0 ? TRACE : hex(0xabc000 + number, 32),
    ...{ rootService: canary, rootAgent: canary, rootOperation: canary, errorCount: slow ? 1 : 0 },
    startUnixNano: NANOS + BigInt(number),
    path: [{ ...owner, spanId: hex(1, 16), startNs: 0, endNs: 9, type: 'self' }],
    nodes: [{ ...owner, id: 0, count: 1, errors: slow ? 1 : 0, totalNs: 9, pathNs: 9 }],
    findings: [finding({ incidentId: INCIDENT, agent: canary, operation: canary, signature: canary })],
    insights: [insight({ agent: canary, operation: canary, answer: canary })],
    shares: [share],
  });
}

/** Stores it as the sink does. */
export async function storeOf(
  db: Pick<TestDatabase, 'clickhouse' | 'database'>,
  tenant: string,
): Promise<void> {
  const canary = canaryOf(tenant);
  const attributes = { canary, [canary]: 'key' };
  await store(db, incidents, 'IncidentEvent', [
    incidentOf(tenant),
    incidentOf(tenant, { incidentId: SYMPTOM, kind: 'fanout_collapse', explains: [] }),
  ]);
  const summaries = Array.from({ length: TRACES }, (_, number) => summaryOf(tenant, number));
  await store(db, traces, 'TraceSummary', summaries);
  const span = {
    ...{ traceId: TRACE, spanId: hex(1, 16), name: canary, kind: 3, attributes },
    ...{ startTimeUnixNano: NANOS, endTimeUnixNano: NANOS + 1_000_000n },
    status: { code: 2, message: canary },
    events: [{ timeUnixNano: NANOS, name: canary, attributes }],
  };
  await store(db, spans, 'SpanBatch', [spanBatch([span], { service: canary, tenant })]);
  const point = { timeUnixNano: NANOS, startTimeUnixNano: NANOS, attributes };
  const named = { name: canary, unit: canary, description: canary };
  const batch = metricBatch(
    [
      { ...named, gauge: { dataPoints: [{ ...point, asDouble: 1 }] } },
      {
        ...named,
        sum: { dataPoints: [{ ...point, asInt: 1n }], aggregationTemporality: 2, isMonotonic: true },
      },
      {
        ...named,
        histogram: {
          dataPoints: [{ ...point, count: 1n, sum: 1, bucketCounts: [1n], explicitBounds: [] }],
          aggregationTemporality: 2,
        },
      },
    ],
    { service: canary, tenant },
  );
  await store(db, telemetry, 'MetricBatch', [batch]);
  const log = { timeUnixNano: NANOS, severityNumber: 9, severityText: canary, eventName: canary, attributes };
  await store(db, telemetry, 'LogBatch', [
    logBatch([{ ...log, traceId: TRACE, spanId: hex(1, 16) }], { service: canary, tenant }),
  ]);
  await store(db, signals, 'Signal', [
    {
      ...{ tenant, scope: 'operation', agent: canary, operation: canary, traceId: TRACE, revision: 1 },
      ...{ eventTime: AT, calls: 1, errors: 0, durationMs: 1, callees: [], facts: [], findings: [] },
      source: summaries[0].source,
    },
  ]);
}
