import { isBrokerAnswer, isTransient, toKafkaError } from './errors.ts';
import { type Cluster, type ClusterOptions, createCluster } from './kafkajs.ts';
import { unlessAborted } from './retry.ts';

const CLOSE_MS = 1_500;

/**
 * Connections to the brokers for one use (a producer, a consumer, …), made when first needed. After an error that a
 * broken connection may have caused they are discarded and made anew: kafkajs goes on reading a half-received answer
 * where the old connection ended.
 */
export class Connection {
  readonly options: ClusterOptions;
  #current: Promise<Cluster> | undefined;
  #closed = false;

  constructor(options: ClusterOptions) {
    this.options = options;
  }

  /** A connected cluster that knows these topics. */
  async cluster(topics: readonly string[]): Promise<Cluster> {
    if (this.#closed) throw new Error('the Kafka client is closed');
    const opening = this.#current ?? this.#open();
    this.#current = opening;
    const cluster = await opening;
    await cluster.addMultipleTargetTopics(topics);
    // Where another use had named the topic first, and its request for metadata failed, kafkajs asks no second time.
    const isKnown = (topic: string) => cluster.findTopicPartitionMetadata(topic).length > 0;
    if (!topics.every(isKnown)) await cluster.refreshMetadata();
    return cluster;
  }

  /** Runs `use`; if it fails for another reason than a broker's refusal, the next one gets fresh connections. */
  async use<T>(topics: readonly string[], use: (cluster: Cluster) => Promise<T>): Promise<T> {
    const opening = this.#current;
    try {
      return await use(await this.cluster(topics));
    } catch (error) {
      const suspect = isTransient(error) || !isBrokerAnswer(error);
      // Another use may have replaced them already.
      if (suspect && (opening === undefined || opening === this.#current)) this.discard();
      throw error;
    }
  }

  /** Closes these connections once their requests are answered; the next use makes new ones. */
  discard(): void {
    const old = this.#current;
    this.#current = undefined;
    old
      ?.then(
        (cluster) => cluster.disconnect(),
        () => undefined,
      )
      .catch((error: unknown) => this.options.log.debug({ err: error }, 'closing a broken Kafka connection'));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const old = this.#current;
    this.#current = undefined;
    const cluster = await old?.catch(() => undefined);
    // kafkajs waits for the answers that are under way, and one of them may be a join of half a minute.
    if (cluster) await unlessAborted(cluster.disconnect(), AbortSignal.timeout(CLOSE_MS));
  }

  async #open(): Promise<Cluster> {
    const cluster = createCluster(this.options);
    try {
      await cluster.connect();
      return cluster;
    } catch (error) {
      this.#current = undefined;
      throw toKafkaError(error, 'be reached', this.options.brokers);
    }
  }
}
