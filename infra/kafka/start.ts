import type { ProcessContext } from '../process.ts';
import { connectKafka } from './client.ts';
import { ensureAtiTopics } from './ensure.ts';
import type { Kafka } from './port.ts';
import { retrying } from './retry.ts';
import { kafkaOf } from './security.ts';

/** Containers start in any order; longer than this is no start-up any more. */
const PATIENCE_MS = 60_000;

/**
 * Kafka for a process that starts: connected, with ATI's topics there, closed at the stop. Brokers that do not answer
 * yet are waited for; rejects with a KafkaError when they stay away or refuse us, and with a UserError where a topic has
 * another number of partitions or a file of KAFKA_SSL_* cannot be used.
 */
export async function startKafka(
  { config, log, lifecycle }: Pick<ProcessContext, 'config' | 'log' | 'lifecycle'>,
  clientId: string,
  patienceMs = PATIENCE_MS,
): Promise<Kafka> {
  const { brokers, security } = kafkaOf(config);
  if (security.sasl?.mechanism === 'plain' && security.ssl === undefined)
    log.warn('KAFKA_SASL_MECHANISM=plain without KAFKA_SSL: the password is sent in clear text');
  const requestTimeoutMs = config.KAFKA_REQUEST_TIMEOUT_MS;
  const kafka = await connectKafka({ brokers, security, clientId, log, patienceMs, requestTimeoutMs });
  lifecycle.onStop('closed', 'kafka', () => kafka.close());
  const ensure = () => ensureAtiTopics(kafka, config);
  await retrying(ensure, { doing: 'create topics', brokers, log, patienceMs });
  return kafka;
}
