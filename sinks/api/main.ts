/** The query API as a process. */
import { startAccess } from '#infra/access/start.ts';
import { startClickHouse } from '#infra/clickhouse/start.ts';
import { listen } from '#infra/http.ts';
import { startKafka } from '#infra/kafka/start.ts';
import { runProcess } from '#infra/process.ts';
import { tlsOf } from '#infra/tls.ts';
import { topicName } from '#infra/topics.ts';
import { keepRollingUp } from '../roll-up/loop.ts';
import { buildApi } from './app.ts';
import { TopicOperatorLog } from './incident-actions.ts';
import { TopicFeed } from './stream/feed.ts';

runProcess('api', async (context) => {
  const { config, log, lifecycle } = context;
  const tls = tlsOf(config);
  const access = await startAccess(context);
  const clickhouse = startClickHouse(context);
  const kafka = await startKafka(context, 'ati-api');

  const feed = new TopicFeed(kafka, topicName('incidents', config.ATI_TOPIC_PREFIX), log);
  const stop = new AbortController();
  const feeding = feed.run(stop.signal);
  lifecycle.onStop('flushed', 'feed', () => {
    stop.abort();
    return feeding;
  });

  const operators = new TopicOperatorLog(kafka, topicName('signals', config.ATI_TOPIC_PREFIX));
  lifecycle.onStop('flushed', 'operators', () => operators.close());

  const database = config.CLICKHOUSE_DATABASE;
  const rollingUp = keepRollingUp({ clickhouse, database, signal: stop.signal }, log);
  lifecycle.onStop('flushed', 'roll-up', () => {
    stop.abort();
    return rollingUp;
  });

  const app = await buildApi({
    log,
    access,
    tls,
    requestsPerMinute: config.ATI_API_REQUESTS_PER_MINUTE,
    clickhouse,
    database,
    topicPrefix: config.ATI_TOPIC_PREFIX,
    feed,
    operators,
    now: Date.now,
    notReady: () => (lifecycle.ready ? undefined : lifecycle.state),
  });
  lifecycle.onStop('draining', 'http', () => app.close());
  await listen(app, { host: config.ATI_HOST, port: config.ATI_API_PORT, portVariable: 'ATI_API_PORT' });
});
