/** The sink as a process: ATI's topics → ClickHouse. */
import { startAccess } from '#infra/access/start.ts';
import { startClickHouse } from '#infra/clickhouse/start.ts';
import { opsServer } from '#infra/http.ts';
import { startKafka } from '#infra/kafka/start.ts';
import { runProcess } from '#infra/process.ts';
import { tlsOf } from '#infra/tls.ts';
import { topicName } from '#infra/topics.ts';
import { prepareDatabase } from './database.ts';
import { readDeletions } from './delete/deletions.ts';
import { Sink } from './sink.ts';

runProcess('sink', async (context) => {
  const { config, log, lifecycle } = context;
  const access = await startAccess(context);
  const tls = tlsOf(config);
  const clickhouse = startClickHouse(context, config.ATI_SINK_TIMEOUT_MS);
  await prepareDatabase(clickhouse, config, log);
  const kafka = await startKafka(context, 'ati-sink');
  const deletions = await readDeletions(kafka, topicName('deletions', config.ATI_TOPIC_PREFIX));
  const onFatal = (error: unknown) => lifecycle.fatal(error);
  const sink = await Sink.start({ config, kafka, clickhouse, log, deletions, onFatal });
  // Storing and committing belong together; the groups are left once nothing is to be committed any more.
  lifecycle.onStop('flushed', 'writers', () => sink.drain());
  lifecycle.onStop('committed', 'groups', () => sink.close());

  const ops = await opsServer({
    host: config.ATI_HOST,
    port: config.ATI_SINK_PORT,
    portVariable: 'ATI_SINK_PORT',
    access,
    tls,
    ready: async () => {
      if (!lifecycle.ready) return { ok: false, reasons: [lifecycle.state] };
      return sink.ready();
    },
  });
  lifecycle.onStop('closed', 'ops', () => ops.close());
});
