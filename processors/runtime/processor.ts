import type { Readiness } from '#infra/http.ts';
import { recalledLimit } from '#infra/kafka/dead-letter-recall.ts';
import type { Consumer, ConsumerHandler, Kafka, OutgoingRecord } from '#infra/kafka/port.ts';
import type { Logger } from '#infra/log.ts';
import { REAL_TIME, type Schedule } from '#infra/schedule.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import type { ProcessorSettings } from '../settings.ts';
import { AssemblyRunner } from './assembly-runner.ts';
import { ByteBudget } from './byte-budget.ts';
import { Committer } from './committer.ts';
import { DeadLetterBox, RereadLetters } from './dead-letters.ts';
import { IncidentRunner } from './incident-runner.ts';
import { Ticker } from './ticker.ts';
import type { ProcessorTopics } from './topics.ts';
import type { Stage1Runner } from './worker-pool.ts';

export interface ProcessorOptions {
  readonly kafka: Kafka;
  readonly topics: ProcessorTopics;
  readonly settings: ProcessorSettings;
  readonly detectors: ConfiguredDetectors;
  readonly pool: Stage1Runner;
  readonly log: Logger;
  /** Wall clock, unix ms, for ticks and lag. */
  readonly now: () => number;
  /** False where virtual time is on the log, or a replay writes nothing to ati.spans. */
  readonly ticks?: boolean;
  readonly onError: (error: unknown) => void;
  /** Bytes of ati.spans in work, default 64 MiB. */
  readonly maxInFlightBytes?: number;
  readonly commitEveryMs?: number;
  /** ATI_DEAD_LETTER_SHARE */
  readonly deadLetterShare?: number;
  readonly tickEveryMs?: number;
  readonly schedule?: Schedule;
}

/** Both stages, running. Stop them in the order of the methods. */
export interface Processor {
  ready(): Readiness;
  /** Takes no more batches. */
  drain(): Promise<void>;
  /** Resolves when what was taken is on the topics. */
  flush(): Promise<void>;
  commit(): Promise<void>;
  close(): Promise<void>;
}

/** Starts both consumer groups and the ticker. The topics must exist. */
export async function startProcessor(options: ProcessorOptions): Promise<Processor> {
  const { kafka, topics, settings, detectors, pool, log, now, onError, schedule = REAL_TIME } = options;
  const { hardCapMs } = settings.assembly;
  // Only the log can take what is processed: a send waits for the broker, however long.
  const producer = await kafka.producer({ compression: 'zstd', patienceMs: Number.POSITIVE_INFINITY });
  const box = async (source: string, groupId: string) => {
    const place = { deadLetters: topics.deadLetters, topic: source, groupId };
    const limit = await recalledLimit(kafka, place, options.deadLetterShare);
    return new DeadLetterBox(producer, topics.deadLetters, source, { groupId, limit });
  };
  const [spanLetters, signalLetters] = await Promise.all([
    box(topics.spans, topics.assemblyGroup),
    box(topics.signals, topics.incidentsGroup),
  ]);
  const budget = new ByteBudget(options.maxInFlightBytes ?? 64 << 20);

  const assemblyCommits: Committer = new Committer(
    log,
    ({ partition, offset, metadata }) => assembly.committed(partition, offset, metadata ?? ''),
    schedule,
  );
  const assembly = new AssemblyRunner({
    kafka,
    producer,
    pool,
    committer: assemblyCommits,
    deadLetters: spanLetters,
    budget,
    topics,
    hardCapMs,
    log,
  });
  const incidentCommits: Committer = new Committer(
    log,
    ({ partition, offset, metadata }) => incidents.committed(partition, offset, metadata ?? ''),
    schedule,
  );
  const incidents = new IncidentRunner({
    kafka,
    producer,
    committer: incidentCommits,
    deadLetters: signalLetters,
    stateLetters: new RereadLetters(kafka, producer, topics.deadLetters, topics.incidentState),
    topics,
    windows: settings.windows,
    detectors,
    log,
  });

  const consume = async (groupId: string, topic: string, handler: ConsumerHandler, committer: Committer) => {
    const consumer = await kafka.consume({
      groupId,
      topics: [topic],
      startAt: 'earliest',
      handler,
      // Stage 1 copies what it is given for its workers; stage 2 what it keeps of a signal.
      reuseMemory: true,
    });
    consumer.done.catch(onError);
    committer.start(consumer, options.commitEveryMs ?? 1_000);
    return consumer;
  };
  const consumers: readonly Consumer[] = await Promise.all([
    consume(topics.assemblyGroup, topics.spans, assembly, assemblyCommits),
    consume(topics.incidentsGroup, topics.signals, incidents, incidentCommits),
  ]);

  const send = (records: readonly OutgoingRecord[]) => producer.send(topics.spans, records);
  const owned = () => assembly.owned();
  const ticker = new Ticker({ now, owned, send, onError, schedule, everyMs: options.tickEveryMs ?? 1_000 });
  if (options.ticks ?? true) ticker.start();

  let draining = false;
  return {
    ready() {
      const reasons: string[] = [];
      if (draining) reasons.push('draining');
      if (!consumers[0].assigned) reasons.push(`no assignment of ${topics.spans} yet`);
      if (!consumers[1].assigned) reasons.push(`no assignment of ${topics.signals} yet`);
      const clock = ticker.fault();
      if (clock !== undefined) reasons.push(clock);
      return { ok: reasons.length === 0, reasons };
    },
    async drain() {
      draining = true;
      const partitions = Array.from({ length: settings.windows.sources }, (_, partition) => partition);
      consumers[0].pause(topics.spans, partitions);
      consumers[1].pause(topics.signals, partitions);
      // Last: with the broker away a tick is not written before this stage's time is up.
      await ticker.stop();
    },
    async flush() {
      await Promise.all([assembly.idle(), incidents.idle()]);
    },
    async commit() {
      assemblyCommits.stop();
      incidentCommits.stop();
      await Promise.all([assemblyCommits.commit(), incidentCommits.commit()]);
    },
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await producer.close();
      await pool.close();
    },
  };
}
