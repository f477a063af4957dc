import { createClient } from '@clickhouse/client';
import { clickhouseAddress } from '#infra/clickhouse/address.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { prepareDatabase } from '#sinks/database.ts';
import { type Consuming, consume } from './consume.ts';
import type { PeerContext } from './context.ts';
import type { Format } from './format.ts';
import { incidentRow, signalRow, traceRow } from './result-rows.ts';
import { type Row, TableWriter } from './table-writer.ts';

/** The rows of a record that is no tick, clock mark or the like. */
function resultRows(format: Format): (record: Buffer) => readonly Row[] {
  return (record) => {
    const { name, value } = format.decode(record);
    switch (name) {
      case 'TraceSummary':
        return [traceRow(value)];
      case 'Signal':
        return [signalRow(value)];
      case 'IncidentEvent':
        return [incidentRow(value)];
      case 'ClockMark':
        return [];
    }
  };
}

/** The sink: spans, summaries, signals and incidents, each by a consumer group of its own, into ClickHouse. */
export async function startSink(
  context: PeerContext,
  format: Format,
  spanRows: (record: Buffer) => readonly Row[],
): Promise<Consuming> {
  const { config, topics, prefix, log, onFatal } = context;
  const database = config.CLICKHOUSE_DATABASE;
  const address = clickhouseAddress(config);
  const admin = connectClickHouse({ ...address, database });
  await prepareDatabase(admin, config, log);
  await admin.close();
  const clickhouse = createClient({
    url: address.url,
    username: address.user,
    password: address.password,
    database,
    request_timeout: 60_000,
    // What JSON says of a float is to be what is stored.
    clickhouse_settings: { precise_float_parsing: 1, wait_for_async_insert: 1 } as Record<string, number>,
  });
  const results = resultRows(format);
  const tables = [
    { name: 'spans', topic: topics.input, table: 'otel_traces', rowsOf: spanRows },
    { name: 'traces', topic: topics.traces, table: 'ati_traces', rowsOf: results },
    { name: 'signals', topic: topics.signals, table: 'ati_signals', rowsOf: results },
    { name: 'incidents', topic: topics.incidents, table: 'ati_incident_events', rowsOf: results },
  ];
  const { ATI_SINK_BATCH_ROWS: batchRows, ATI_SINK_FLUSH_MS: flushMs } = config;
  const running = await Promise.all(
    tables.map(({ name, topic, table, rowsOf }) => {
      const writer = new TableWriter({ clickhouse, table, rowsOf, batchRows, flushMs, onFatal });
      return consume(context, `${prefix}sink-${name}`, topic, writer);
    }),
  );
  return {
    async close() {
      await Promise.all(running.map((each) => each.close()));
      await clickhouse.close();
    },
  };
}
