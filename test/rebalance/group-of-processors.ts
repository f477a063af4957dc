/** Processors as the processes they are, on one log: what was sent, and what has come of it. */
import { readConfig } from '#infra/config.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { Kafka, KafkaRecord, Producer } from '#infra/kafka/port.ts';
import type { TestKafka } from '#infra/kafka/testing.ts';
import { freePort } from '#infra/ports.ts';
import type { ForkedProcess } from '#infra/testing/fork.ts';
import { until } from '#infra/testing/until.ts';
import { topicsOf } from '#processors/runtime/topics.ts';
import { settingsOf } from '#processors/settings.ts';
import { type PlacedBatch, runPipeline } from '#processors/testing/pipeline.ts';
import { incidentsOn, spawnProcessor } from '#processors/testing/process.ts';
import { decodeAs, encode } from '#schemas/codec.ts';
import { PARTITIONS } from './workload.ts';

const PATIENCE_MS = 120_000;

export class GroupOfProcessors {
  readonly kafka: Kafka;
  readonly topics: ReturnType<typeof topicsOf>;
  readonly settings: ReturnType<typeof settingsOf>;
  readonly #producer: Producer;
  readonly #env: Record<string, string>;
  readonly #processes: ForkedProcess[] = [];

  private constructor(test: TestKafka, producer: Producer, prefix: string) {
    this.kafka = test.kafka;
    this.#producer = producer;
    this.#env = {
      KAFKA_BROKERS: test.brokers.join(),
      ATI_TOPIC_PREFIX: prefix,
      ATI_PARTITIONS: String(PARTITIONS),
      // The log is the test's: what the processes' clocks say is not on it.
      ATI_TICKS: 'false',
      ATI_LOG_LEVEL: 'warn',
    };
    this.topics = topicsOf(prefix);
    this.settings = settingsOf(configOf(this.#env));
  }

  static async open(test: TestKafka, prefix: string): Promise<GroupOfProcessors> {
    const group = new GroupOfProcessors(test, await test.kafka.producer(), prefix);
    await ensureAtiTopics(test.kafka, configOf(group.#env));
    return group;
  }

  /** One more member; ready when it has an assignment. */
  async join(): Promise<ForkedProcess> {
    const member = await spawnProcessor({ ...this.#env, ATI_PROCESSOR_PORT: String(await freePort()) });
    this.#processes.push(member);
    return member;
  }

  async send(batches: readonly PlacedBatch[]): Promise<void> {
    for (const { partition, batch } of batches)
      await this.#producer.send(this.topics.spans, [{ partition, value: encode('SpanBatch', batch) }]);
  }

  async end(): Promise<void> {
    for (const each of this.#processes) {
      each.kill('SIGCONT');
      await each.end('SIGKILL');
    }
    await this.#producer.close();
  }

  /** Until somebody has produced for all that was sent, and committed that. */
  async caughtUp(): Promise<void> {
    await until('all is read and committed', async () => (await this.#behind()) === undefined, PATIENCE_MS);
  }

  async records(topic: string, partition: number): Promise<KafkaRecord[]> {
    const records: KafkaRecord[] = [];
    for await (const record of this.kafka.read(topic, partition, 0)) records.push(record);
    return records;
  }

  async committed(group: string, topic: string) {
    const positions = await this.kafka.committed(group, topic);
    return [...positions]
      .sort((a, b) => a.partition - b.partition)
      .map(({ offset, metadata }) => ({ offset, ...JSON.parse(metadata || '{}') }));
  }

  /** What is on ati.incidents: each event once, two of one revision must be equal; and what an undisturbed run says. */
  async incidents(): Promise<{ found: string[]; expected: string[] }> {
    const found = (await incidentsOn(this.kafka, this.topics.incidents, PARTITIONS)).map(({ hex }) => hex);
    const { incidents, incidentBytes } = await this.#undisturbed();
    const order = (i: number) =>
      `${incidents[i].incidentId} ${String(incidents[i].revision).padStart(6, '0')}`;
    const expected = [...incidents.keys()]
      .sort((a, b) => (order(a) < order(b) ? -1 : 1))
      .map((i) => Buffer.from(incidentBytes[i]).toString('hex'));
    return { found, expected };
  }

  /** The same of ati.traces, by trace and revision. */
  async traces(): Promise<{ found: string[]; expected: string[] }> {
    const found = new Map<string, string>();
    for (let partition = 0; partition < PARTITIONS; partition++)
      for (const { value } of await this.records(this.topics.traces, partition)) {
        const name = nameOf(value!);
        const hex = value!.toString('hex');
        if ((found.get(name) ?? hex) !== hex) throw new Error(`two different summaries are ${name}`);
        found.set(name, hex);
      }
    const expected = (await this.#undisturbed()).traces.map((summary) => encode('TraceSummary', summary));
    return {
      found: [...found.values()].sort(),
      expected: expected.map((value) => Buffer.from(value).toString('hex')).sort(),
    };
  }

  async #undisturbed() {
    const batches: PlacedBatch[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++)
      for (const { value } of await this.records(this.topics.spans, partition)) {
        const batch = decodeAs('SpanBatch', value!);
        if (!batch.ok) throw new Error(batch.reason);
        batches.push({ partition, batch: batch.value });
      }
    return runPipeline(batches, { partitions: PARTITIONS, until: 0 });
  }

  /** Who is behind, if anybody is. */
  async #behind(): Promise<string | undefined> {
    const spans = await this.committed(this.topics.assemblyGroup, this.topics.spans);
    for (const { partition, latest } of await this.kafka.offsets(this.topics.spans))
      if (spans[partition]?.done !== latest) return `spans ${partition}`;
    const signals = await this.committed(this.topics.incidentsGroup, this.topics.signals);
    for (const { partition, latest } of await this.kafka.offsets(this.topics.signals))
      if (signals[partition]?.read !== latest) return `signals ${partition}`;
    return undefined;
  }
}

function nameOf(value: Buffer): string {
  const summary = decodeAs('TraceSummary', value);
  if (!summary.ok) throw new Error(summary.reason);
  return `${summary.value.tenant} ${summary.value.traceId} ${summary.value.revision}`;
}

function configOf(env: Record<string, string>) {
  const read = readConfig(env);
  if (!read.ok) throw new Error(read.message);
  return read.config;
}
