/** For tests of consumers that are not ours: incidents on a real broker, and the API that serves their schemas. */
import { OPEN_ACCESS } from '#infra/access/access.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { buildApi } from '../api/app.ts';
import { hex, incidentEvent } from '../testing.ts';
import { PARTITIONS, record, startBroker, type TestBroker } from '../testing-broker.ts';

export interface IncidentLog {
  readonly broker: TestBroker;
  readonly brokers: string;
  readonly topic: string;
  /** URL of the query API. */
  readonly registry: string;
  /** Writes them as the processor does: key and partition by incident id. */
  produce(events: readonly IncidentEvent[]): Promise<void>;
  stop(): Promise<void>;
}

/** The API without an engine: schemas come out of the code. */
export async function startIncidentLog(): Promise<IncidentLog> {
  const broker = await startBroker();
  const clickhouse = connectClickHouse({ url: 'http://127.0.0.1:9' });
  const api = await buildApi({
    ...{ access: OPEN_ACCESS, tls: undefined, requestsPerMinute: 0 },
    ...{ clickhouse, database: 'ati', topicPrefix: broker.prefix, now: () => 0 },
    feed: { live: false, async *events() {} },
    operators: { write: () => Promise.reject(new Error('read only')) },
  });
  const registry = await api.listen({ host: '127.0.0.1', port: 0 });
  return {
    broker,
    brokers: broker.brokers.join(','),
    topic: broker.topic('incidents'),
    registry,
    produce: (events) =>
      broker.produce(
        'incidents',
        events.map((event) => ({
          ...record(Number.parseInt(event.incidentId.slice(-4), 16) % PARTITIONS, 'IncidentEvent', event),
          key: Buffer.from(event.incidentId),
        })),
      ),
    stop: async () => {
      await api.close();
      await clickhouse.close();
      await broker.stop();
    },
  };
}

/** Two versions of one incident, and others over all partitions. */
export const EVENTS: readonly IncidentEvent[] = [
  incidentEvent({ incidentId: hex(1, 32) }),
  incidentEvent({ incidentId: hex(2, 32), kind: 'fanout_collapse', agent: 'Plänung', severity: 'critical' }),
  incidentEvent({ incidentId: hex(3, 32), recommendations: [], evidence: [], explains: [] }),
  incidentEvent({ incidentId: hex(1, 32), revision: 2, event: 'resolved', settled: true }),
];
