import { topicName } from '#infra/topics.ts';
import type { FindingKind, IncidentEvent } from '#schemas/events.ts';
import { type Installation, startInstallation } from './installation.ts';
import { eventually } from './otlp-client.ts';
import { eventsOf } from './topics.ts';

/** What an installation made of some traces, without what depends on when and how they came. */
export interface Results {
  /** Rows of otel_traces. */
  readonly spans: readonly Row[];
  /** Rows of ati_traces: path, nodes, edges, findings, insights … */
  readonly traces: readonly Row[];
  /** As each was opened first. */
  readonly incidents: readonly Incident[];
}

type Row = Readonly<Record<string, unknown>>;

/** An incident without its times. */
type Incident = Omit<IncidentEvent, 'at' | 'windowStart' | 'windowEnd' | 'settled' | 'revision'>;

/** How much there will be. */
export interface ExpectedResults {
  readonly spans: number;
  readonly traces: number;
  /** Kinds, sorted; each is an incident of its own. */
  readonly incidents: readonly FindingKind[];
}

/** Topics and tables of its own on another installation's broker and engine. */
export function startBeside(
  first: Installation,
  name: string,
  env: Record<string, string> = {},
): Promise<Installation> {
  return startInstallation({
    env: {
      KAFKA_BROKERS: `127.0.0.1:${first.config.ATI_BROKER_PORT}`,
      CLICKHOUSE_URL: `http://127.0.0.1:${first.config.ATI_ENGINE_PORT}`,
      CLICKHOUSE_DATABASE: name,
      ATI_TOPIC_PREFIX: `${name}.`,
      ...env,
    },
  });
}

/** When they came, where they stood on the log, and how often their trace was looked at. */
const NOT_CONTENT = {
  otel_traces: 'ReceivedAt, StoredAt',
  ati_traces: 'Revision, SourcePartition, SourceOffset, SourceClock, StoredAt',
};

/** Waits until every span is stored, every trace summarised whole and so many incidents are opened. */
export async function resultsOf(installation: Installation, expected: ExpectedResults): Promise<Results> {
  const { clickhouse, kafka, config } = installation;
  const rows = (table: keyof typeof NOT_CONTENT, order: string) =>
    clickhouse.query<Row>(`SELECT * EXCEPT (${NOT_CONTENT[table]}) FROM ${table} FINAL ORDER BY ${order}`);
  const spans = await eventually(`${expected.spans} spans in ${config.CLICKHOUSE_DATABASE}`, async () => {
    const found = await rows('otel_traces', 'TraceId, SpanId');
    return found.length >= expected.spans ? found : undefined;
  });
  const traces = await eventually(`whole traces in ${config.CLICKHOUSE_DATABASE}`, async () => {
    const found = await rows('ati_traces', 'TraceId');
    const counted = found.reduce((sum, { SpanCount }) => sum + Number(SpanCount), 0);
    return found.length >= expected.traces && counted >= expected.spans ? found : undefined;
  });
  const topic = topicName('incidents', config.ATI_TOPIC_PREFIX);
  const incidents = await eventually(`incidents on ${topic}`, async () => {
    const events = await eventsOf(kafka, topic, 'IncidentEvent');
    const opened = events.filter(({ event, episode }) => event === 'opened' && episode === 1);
    const first = new Map(opened.map((event) => [event.incidentId, event]));
    return first.size >= expected.incidents.length ? [...first.values()] : undefined;
  });
  return { spans, traces, incidents: incidents.map(content).sort(byIncident) };
}

function content({ at, windowStart, windowEnd, settled, revision, ...same }: IncidentEvent): Incident {
  return same;
}

const byIncident = (a: Incident, b: Incident) => (a.incidentId < b.incidentId ? -1 : 1);
