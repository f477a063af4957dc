/** The sink as a process: ATI's topics → ClickHouse. */
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { brokersOf, clickhouseUrlOf } from '#infra/endpoints.ts';
import { opsServer } from '#infra/http.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import { runProcess } from '#infra/process.ts';
import { prepareDatabase } from './database.ts';
import { Sink } from './sink.ts';

runProcess('sink', async ({ config, log, lifecycle }) => {
  const clickhouse = connectClickHouse({
    url: clickhouseUrlOf(config),
    user: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    database: config.CLICKHOUSE_DATABASE,
  });
  lifecycle.onStop('closed', 'clickhouse', () => clickhouse.close());
  await prepareDatabase(clickhouse, config, log);

  const kafka = await connectKafka({ brokers: brokersOf(config), clientId: 'ati-sink', log });
  lifecycle.onStop('closed', 'kafka', () => kafka.close());
  await ensureAtiTopics(kafka, config);
  const onFatal = (error: unknown) => lifecycle.fatal(error);
  const sink = await Sink.start({ config, kafka, clickhouse, log, onFatal });
  // Storing and committing belong together; the groups are left once nothing is to be committed any more.
  lifecycle.onStop('flushed', 'writers', () => sink.drain());
  lifecycle.onStop('committed', 'groups', () => sink.close());

  const ops = await opsServer({
    host: config.ATI_HOST,
    port: config.ATI_SINK_PORT,
    portVariable: 'ATI_SINK_PORT',
    ready: async () => {
      if (!lifecycle.ready) return { ok: false, reasons: [lifecycle.state] };
      return sink.ready();
    },
  });
  lifecycle.onStop('closed', 'ops', () => ops.close());
});
