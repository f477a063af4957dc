import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testPeer } from '#infra/peers/testing.ts';
import type { VirtualRun } from '#scenarios/virtual/generate.ts';
import { encodeLogs } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics } from '#schemas/otlp/write-metrics.ts';
import { type Collector, projectConfig, startCollector, TO_GRPC } from '../support/collector.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually, postUntilAcknowledged } from '../support/otlp-client.ts';
import { resultsOf, startBeside } from '../support/results.ts';
import { scenarioRuns } from '../support/scenario-spans.ts';

const otelcol = testPeer('otelcol');

/**
 * Modes: A, agents send to ATI; B, through a Collector; C, through a Collector's Kafka exporter. Each has an
 * installation of its own, on one broker and one engine.
 */
describe.skipIf(otelcol.missing)(`telemetry modes A, B and C${otelcol.note}`, () => {
  const COMMON = {
    // The same hashes everywhere.
    ATI_SALT: 'modes',
    // Parts of a trace come at other moments by each way: none closes before it is whole.
    ATI_QUIET_GAP_MS: '3000',
  };
  const installations: Installation[] = [];
  const collectors: Collector[] = [];
  let a: Installation;
  let b: Installation;
  let c: Installation;
  /** OTLP/HTTP by each mode; `grpc`: mode B with gRPC between two Collectors. */
  let doors: { readonly a: string; readonly b: string; readonly grpc: string; readonly c: string };

  beforeAll(async () => {
    const binary = otelcol.path();
    const keep = (installation: Installation) => {
      installations.push(installation);
      return installation;
    };
    a = keep(await startInstallation({ env: COMMON }));
    b = keep(await startBeside(a, 'b', COMMON));
    c = keep(
      await startBeside(a, 'c', {
        ...COMMON,
        ATI_OTLP_TRACES_TOPICS: 'c.otlp_spans',
        ATI_OTLP_METRICS_TOPICS: 'c.otlp_metrics',
        ATI_OTLP_LOGS_TOPICS: 'c.otlp_logs',
      }),
    );
    const collector = async (config: string, env: Record<string, string>) => {
      const started = await startCollector(binary, config, env);
      collectors.push(started);
      return started;
    };
    const toAti = await collector(projectConfig('config.yaml'), { ATI_OTLP_ENDPOINT: b.ingestUrl });
    const toGrpc = await collector(TO_GRPC, { NEXT_GRPC: toAti.grpc });
    const toKafka = await collector(projectConfig('kafka.yaml'), {
      KAFKA_BROKERS: `127.0.0.1:${a.config.ATI_BROKER_PORT}`,
      OTELCOL_TOPIC_PREFIX: 'c.',
    });
    doors = { a: a.ingestUrl, b: toAti.url, grpc: toGrpc.url, c: toKafka.url };
  }, 240_000);
  afterAll(async () => {
    for (const each of collectors) await each.stop();
    for (const each of installations.toReversed()) await each.stop();
    for (const each of installations) await each.remove();
  });

  async function send(url: string, { exports }: VirtualRun): Promise<void> {
    for (const { otlp } of exports) await postUntilAcknowledged(`${url}/v1/traces`, otlp);
  }

  test('the same spans give the same rows, traces and incidents by each way', async () => {
    const { runs, expected } = await scenarioRuns(4);
    await Promise.all(
      runs.flatMap((run, i) => [
        send(doors.a, run),
        send(i === 0 ? doors.grpc : doors.b, run),
        send(doors.c, run),
      ]),
    );
    const direct = await resultsOf(a, expected);
    expect(direct.spans).toHaveLength(expected.spans);
    expect(direct.traces).toHaveLength(expected.traces);
    expect(direct.incidents.map(({ kind }) => kind).sort()).toEqual(expected.incidents);
    expect(
      direct.traces.filter(({ Insights }) => Array.isArray(Insights) && Insights.length > 0),
    ).not.toEqual([]);
    expect(await resultsOf(b, expected)).toEqual(direct);
    expect(await resultsOf(c, expected)).toEqual(direct);
  });

  test('a metric and a log record arrive by each way', async () => {
    const at = BigInt(Date.now()) * 1_000_000n;
    const resource = { attributes: { 'service.name': 'agents' } };
    const point = { timeUnixNano: at, startTimeUnixNano: at - 1n, asDouble: 0.25 };
    const gauge = { name: 'ati.pool.occupancy', unit: '1', gauge: { dataPoints: [point] } };
    const metrics = encodeMetrics({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [gauge] }] }] });
    const record = { timeUnixNano: at, severityNumber: 9, severityText: 'INFO', body: 'not for storing' };
    const logs = encodeLogs({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] });
    for (const url of [doors.a, doors.b, doors.c]) {
      await postUntilAcknowledged(`${url}/v1/metrics`, metrics);
      await postUntilAcknowledged(`${url}/v1/logs`, logs);
    }
    const stored = async ({ clickhouse, config }: Installation, table: string) =>
      eventually(`a row of ${config.CLICKHOUSE_DATABASE}.${table}`, async () => {
        const rows = await clickhouse.query<Record<string, unknown>>(`SELECT * FROM ${table} FINAL`);
        // LogId is a hash of the record's bytes, and a Collector writes them anew.
        return rows.length > 0 ? rows.map(({ ReceivedAt, StoredAt, LogId, ...row }) => row) : undefined;
      });
    for (const table of ['otel_metrics_gauge', 'otel_logs']) {
      const direct = await stored(a, table);
      expect(direct).toHaveLength(1);
      expect(await stored(b, table)).toEqual(direct);
      expect(await stored(c, table)).toEqual(direct);
    }
  });

  test('B: while the ingest is away the Collector keeps what it has acknowledged', async () => {
    const { runs, expected } = await scenarioRuns(5);
    const { spans: before } = await resultsOf(b, { spans: 0, traces: 0, incidents: [] });
    const back = b.stack.back('ingest');
    await b.stack.signal('ingest', 'SIGKILL');
    await Promise.all(runs.map((run) => send(doors.b, run)));
    await back;
    const spans = before.length + expected.spans;
    const after = await resultsOf(b, { spans, traces: 2 * expected.traces, incidents: [] });
    expect(after.spans).toHaveLength(spans);
  });
});
