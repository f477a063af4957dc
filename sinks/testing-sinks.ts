/** For tests: sinks as processes, on a broker and an engine that the tests of a file share. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { type SpawnedEngine, spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { KafkaRecord, OutgoingRecord } from '#infra/kafka/port.ts';
import { type TopicKey, topicName } from '#infra/topics.ts';
import { temporaryDirectory } from './testing.ts';
import { PARTITIONS, startBroker, type TestBroker } from './testing-broker.ts';
import { startProcess, type TestProcess } from './testing-process.ts';

export class TestSinks {
  broker!: TestBroker;
  clickhouse!: ClickHouse;
  engine!: SpawnedEngine;
  /** Of the topics and groups of this test. */
  prefix = '';
  /** Of this test; a sink makes its tables. */
  database = '';
  #directory!: { path: string; remove(): Promise<void> };
  #run = 0;
  readonly #processes: TestProcess[] = [];

  /** Registers what must be done before and after the tests of the file. */
  constructor() {
    beforeAll(async () => {
      this.broker = await startBroker();
      this.#directory = await temporaryDirectory();
      await this.startEngine();
      this.clickhouse = connectClickHouse({ url: this.engine.url });
    });
    beforeEach(async () => {
      this.#run++;
      this.prefix = `run${this.#run}.`;
      this.database = `ati_run${this.#run}`;
      const topics = { ATI_TOPIC_PREFIX: this.prefix, ATI_PARTITIONS: PARTITIONS };
      await ensureAtiTopics(this.broker.kafka, topics);
    });
    afterEach(async () => {
      await Promise.all(this.#processes.splice(0).map((each) => each.end('SIGKILL')));
    });
    afterAll(async () => {
      await this.clickhouse?.close();
      await this.engine?.stop();
      await this.broker?.stop();
      await this.#directory?.remove();
    });
  }

  /** On the data that is there; `port`: where the one before it was. */
  async startEngine(port?: number): Promise<void> {
    const dataDir = this.#directory.path;
    this.engine = await spawnEngine(port === undefined ? { dataDir } : { dataDir, port });
  }

  /** Not ready yet; it is killed after the test. */
  async start(env: Record<string, string> = {}): Promise<TestProcess> {
    const sink = await startProcess('sink', {
      KAFKA_BROKERS: this.broker.brokers.join(','),
      ATI_PARTITIONS: String(PARTITIONS),
      ATI_TOPIC_PREFIX: this.prefix,
      CLICKHOUSE_URL: this.engine.url,
      CLICKHOUSE_DATABASE: this.database,
      ATI_SINK_FLUSH_MS: '50',
      ...env,
    });
    this.#processes.push(sink);
    return sink;
  }

  async produce(topic: TopicKey, records: readonly OutgoingRecord[]): Promise<void> {
    const producer = await this.broker.kafka.producer();
    await producer.send(topicName(topic, this.prefix), records);
    await producer.close();
  }

  /** Records that the group of the projection of `topic` has committed, and where the log ends, over all partitions. */
  async progress(topic: 'spans' | 'telemetry'): Promise<{ committed: number; end: number }> {
    const name = topicName(topic, this.prefix);
    const committed = await this.broker.kafka.committed(`${this.prefix}ati-sink-${topic}`, name);
    const ends = await this.broker.kafka.offsets(name);
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    return {
      committed: sum(committed.map(({ offset }) => Math.max(0, offset))),
      end: sum(ends.map(({ latest }) => latest)),
    };
  }

  async deadLetters(): Promise<KafkaRecord[]> {
    const topic = topicName('deadLetters', this.prefix);
    const letters: KafkaRecord[] = [];
    for await (const letter of this.broker.kafka.read(topic, 0, 0)) letters.push(letter);
    return letters;
  }
}
