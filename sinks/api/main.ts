/** The query API as a process. */
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { brokersOf, clickhouseUrlOf } from '#infra/endpoints.ts';
import { listen } from '#infra/http.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import { runProcess } from '#infra/process.ts';
import { topicName } from '#infra/topics.ts';
import { buildApi } from './app.ts';
import { TopicFeed } from './stream/feed.ts';

runProcess('api', async ({ config, log, lifecycle }) => {
  const clickhouse = connectClickHouse({
    url: clickhouseUrlOf(config),
    user: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    database: config.CLICKHOUSE_DATABASE,
  });
  lifecycle.onStop('closed', 'clickhouse', () => clickhouse.close());
  const kafka = await connectKafka({ brokers: brokersOf(config), clientId: 'ati-api', log });
  lifecycle.onStop('closed', 'kafka', () => kafka.close());
  await ensureAtiTopics(kafka, config);

  const feed = new TopicFeed(kafka, topicName('incidents', config.ATI_TOPIC_PREFIX), log);
  const stop = new AbortController();
  const feeding = feed.run(stop.signal);
  lifecycle.onStop('flushed', 'feed', () => {
    stop.abort();
    return feeding;
  });

  const app = await buildApi({
    clickhouse,
    database: config.CLICKHOUSE_DATABASE,
    topicPrefix: config.ATI_TOPIC_PREFIX,
    feed,
    now: Date.now,
    notReady: () => (lifecycle.ready ? undefined : lifecycle.state),
  });
  lifecycle.onStop('draining', 'http', () => app.close());
  await listen(app, { host: config.ATI_HOST, port: config.ATI_API_PORT, portVariable: 'ATI_API_PORT' });
});
