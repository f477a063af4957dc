import { brokersOf } from '../endpoints.ts';
import type { ProcessContext } from '../process.ts';
import { connectKafka } from './client.ts';
import { ensureAtiTopics } from './ensure.ts';
import type { Kafka } from './port.ts';
import { retrying } from './retry.ts';

/** Containers start in any order; longer than this is no start-up any more. */
const PATIENCE_MS = 60_000;

/**
 * Kafka for a process that starts: connected, with ATI's topics there, closed at the stop. Brokers that do not answer
 * yet are waited for; rejects with a KafkaError when they stay away, and with a UserError where a topic has another
 * number of partitions.
 */
export async function startKafka(
  { config, log, lifecycle }: Pick<ProcessContext, 'config' | 'log' | 'lifecycle'>,
  clientId: string,
  patienceMs = PATIENCE_MS,
): Promise<Kafka> {
  const brokers = brokersOf(config);
  const requestTimeoutMs = config.KAFKA_REQUEST_TIMEOUT_MS;
  const kafka = await connectKafka({ brokers, clientId, log, patienceMs, requestTimeoutMs });
  lifecycle.onStop('closed', 'kafka', () => kafka.close());
  const ensure = () => ensureAtiTopics(kafka, config);
  await retrying(ensure, { doing: 'create topics', brokers, log, patienceMs });
  return kafka;
}
