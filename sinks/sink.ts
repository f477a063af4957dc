/** All projections in one process: one consumer group and one writer each. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { Config } from '#infra/config.ts';
import type { Readiness } from '#infra/http.ts';
import { recalledLimit } from '#infra/kafka/dead-letter-recall.ts';
import { DeadLetters } from '#infra/kafka/dead-letters.ts';
import type { Consumer, Kafka, Producer } from '#infra/kafka/port.ts';
import type { Logger } from '#infra/log.ts';
import { metrics } from '#infra/metrics.ts';
import type { Schedule } from '#infra/schedule.ts';
import { topicName } from '#infra/topics.ts';
import type { Deletions } from './delete/deletions.ts';
import { honouring } from './delete/honour.ts';
import { byTable, formatOf, type TablesProjection } from './projections/projection.ts';
import { PROJECTIONS } from './projections/registry.ts';
import { Writer, type WriterEvents } from './writer/writer.ts';

/** The consumer group that writes a projection. */
export const groupOf = ({ name }: Pick<TablesProjection, 'name'>, prefix: string) =>
  `${prefix}ati-sink-${name}`;

export interface SinkDeps {
  readonly config: Config;
  readonly kafka: Kafka;
  readonly clickhouse: ClickHouse;
  readonly log: Logger;
  readonly onFatal: (error: unknown) => void;
  /** What is not to be written again where the log is read again. */
  readonly deletions?: Deletions;
  readonly schedule?: Schedule;
}

interface Running {
  readonly projection: TablesProjection;
  readonly writer: Writer;
  readonly consumer: Consumer;
}

export class Sink {
  readonly #deps: SinkDeps;
  readonly #producer: Producer;
  readonly #running: Running[] = [];
  #draining = false;

  private constructor(deps: SinkDeps, producer: Producer) {
    this.#deps = deps;
    this.#producer = producer;
  }

  /** Resolves when every group has been joined. The topics and tables exist. */
  static async start(deps: SinkDeps): Promise<Sink> {
    const patienceMs = Number.POSITIVE_INFINITY;
    const sink = new Sink(deps, await deps.kafka.producer({ compression: 'zstd', patienceMs }));
    const { deletions } = deps;
    const honoured = PROJECTIONS.map(byTable).map((each) => (deletions ? honouring(each, deletions) : each));
    await Promise.all(honoured.map((projection) => sink.#run(projection)));
    return sink;
  }

  async #run(projection: TablesProjection): Promise<void> {
    const { config, kafka, clickhouse, log, onFatal, schedule } = this.#deps;
    const prefix = config.ATI_TOPIC_PREFIX;
    const topic = topicName(projection.topic, prefix);
    const deadLetters = topicName('deadLetters', prefix);
    const groupId = groupOf(projection, prefix);
    const place = { deadLetters, topic, groupId };
    const writer = new Writer({
      projection,
      topic,
      tables: projection.tables.map((each) => {
        const { table, columns } = each;
        const name = `${config.CLICKHOUSE_DATABASE}.${table}`;
        const format = formatOf(each);
        return { table, insert: (rows, cut) => clickhouse.insert(name, columns, format, rows, cut) };
      }),
      deadLetters: new DeadLetters(this.#producer, deadLetters, groupId),
      deadLettersTopic: deadLetters,
      limit: await recalledLimit(kafka, place, config.ATI_DEAD_LETTER_SHARE),
      batchRows: config.ATI_SINK_BATCH_ROWS,
      batchBytes: config.ATI_SINK_BATCH_BYTES,
      flushMs: config.ATI_SINK_FLUSH_MS,
      events: observe(topic, log),
      ...(schedule && { schedule }),
      onFatal,
    });
    const consumer = await kafka.consume({
      groupId,
      topics: [topic],
      startAt: 'earliest',
      // Heartbeats do not wait for inserts, so a killed sink's partitions need not wait long for the next one.
      sessionTimeoutMs: 6_000,
      handler: writer,
      reuseMemory: true,
    });
    writer.started(consumer);
    consumer.done.catch(onFatal);
    this.#running.push({ projection, writer, consumer });
  }

  /** Able to store what comes: assigned, ClickHouse reachable, nothing being retried, not stopping. */
  async ready(): Promise<Readiness> {
    const reasons: string[] = [];
    if (this.#draining) reasons.push('draining');
    for (const { projection, writer, consumer } of this.#running) {
      if (!consumer.assigned) reasons.push(`${projection.name}: no assignment yet`);
      if (writer.trouble) reasons.push(`${projection.name}: ${writer.trouble}`);
    }
    if (!(await this.#deps.clickhouse.ping().catch(() => false))) reasons.push('ClickHouse does not answer');
    return { ok: reasons.length === 0, reasons };
  }

  /** Takes nothing more, stores and commits what has been read. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.#running.map(({ writer }) => writer.drain()));
  }

  /** Leaves the groups. */
  async close(): Promise<void> {
    await Promise.all(this.#running.map(({ consumer }) => consumer.close()));
    await this.#producer.close();
  }
}

function observe(topic: string, log: Logger): WriterEvents {
  return {
    stored(table, rows, records, seconds) {
      metrics.rowsWritten.inc({ table }, rows);
      metrics.insertSeconds.observe({ table }, seconds);
      log.debug({ table, rows, records, seconds }, 'stored');
    },
    retrying(table, reason, attempt, delayMs) {
      metrics.insertRetries.inc({ table });
      log.warn({ table, attempt, delayMs }, `rows wait for ClickHouse: ${reason}`);
    },
    deadLetter(step, record, reason) {
      metrics.deadLetters.inc({ topic, reason: step });
      const { partition, offset } = record;
      log.error({ topic, partition, offset, step }, `a record became a dead letter: ${reason}`);
    },
    uncommitted(reason) {
      log.warn({ topic }, `rows are stored but not committed yet: ${reason}`);
    },
    read(records) {
      metrics.recordsConsumed.inc({ topic }, records);
    },
    waited(seconds) {
      metrics.backPressureSeconds.inc({ topic }, seconds);
    },
  };
}
