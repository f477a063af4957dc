import { UserError } from '#infra/errors.ts';
import type { Assignment, Batch, ConsumerHandler, Kafka, KafkaRecord, Producer } from '#infra/kafka/port.ts';
import { sendAll } from '#infra/kafka/send-all.ts';
import type { Logger } from '#infra/log.ts';
import { metrics } from '#infra/metrics.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { fromState, type Incident } from '../incidents/incident.ts';
import { formatSignalMetadata, parseSignalMetadata } from '../incidents/position.ts';
import { SignalProcessor } from '../incidents/signal-processor.ts';
import type { WindowBug } from '../windows/guarded.ts';
import type { WindowSettings } from '../windows/settings.ts';
import type { Committer } from './committer.ts';
import type { DeadLetterBox, Refusal } from './dead-letters.ts';
import type { ProcessorTopics } from './topics.ts';

export interface IncidentRunnerOptions {
  readonly kafka: Kafka;
  readonly producer: Producer;
  readonly committer: Committer;
  readonly deadLetters: DeadLetterBox;
  readonly topics: ProcessorTopics;
  readonly windows: WindowSettings;
  readonly detectors: ConfiguredDetectors;
  readonly log: Logger;
}

interface Lane {
  readonly epoch: number;
  readonly processor: SignalProcessor;
}

/** Stage 2 on Kafka: incident events, then incident states, and then, not before, the commit. */
export class IncidentRunner implements ConsumerHandler {
  readonly #options: IncidentRunnerOptions;
  readonly #lanes = new Map<number, Lane>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: IncidentRunnerOptions) {
    this.#options = options;
  }

  async onAssigned(partitions: readonly Assignment[], epoch: number): Promise<void> {
    const { topics, committer, windows, detectors, log } = this.#options;
    this.#lanes.clear();
    committer.reset(epoch);
    await Promise.all(
      partitions.map(async ({ partition, offset, metadata }) => {
        const position = parseSignalMetadata(metadata);
        if (!position.ok)
          throw new UserError(
            `${topics.incidentsGroup}, ${topics.signals} partition ${partition}: ${position.reason}`,
          );
        const incidents = await this.#incidents(partition);
        const start = { ...position.value, offset, incidents };
        this.#lanes.set(partition, { epoch, processor: new SignalProcessor(windows, detectors, start) });
        log.info({ partition, from: offset, incidents: incidents.length }, 'watching windows');
      }),
    );
  }

  onBatch(batch: Batch): Promise<void> {
    const work = this.#handle(batch);
    this.#running.add(work);
    const end = () => this.#running.delete(work);
    work.then(end, end);
    return work;
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** The incidents of a partition: of each the state that is furthest on (a former owner may have written late). */
  async #incidents(partition: number): Promise<Incident[]> {
    const { kafka, topics } = this.#options;
    const states = new Map<string, Incident>();
    for await (const record of kafka.read(topics.incidentState, partition, 0)) {
      if (record.value === null) continue;
      const state = decodeAs('IncidentState', record.value);
      const read = state.ok ? fromState(state.value) : state;
      // Going on without it would open the incident a second time.
      if (!read.ok) throw new Error(`${topics.incidentState}/${partition}@${record.offset}: ${read.reason}`);
      const known = states.get(read.incident.id);
      if (known === undefined || known.appliedThrough <= read.incident.appliedThrough)
        states.set(read.incident.id, read.incident);
    }
    return [...states.values()];
  }

  /** A detector's bug, with the record that made its window complete. */
  #passedOver({ kind, window, error }: WindowBug, record: KafkaRecord): Refusal {
    const { tenant, agent, operation, endMs } = window;
    const details = { kind, tenant, agent, operation, windowEnd: String(endMs) };
    this.#options.log.error({ err: error, ...details }, `${kind} threw on a window, which it passes over`);
    return { record, step: 'window', reason: 'bug', details };
  }

  async #handle(batch: Batch): Promise<void> {
    const { partition, epoch, records } = batch;
    const lane = this.#lanes.get(partition);
    if (lane === undefined || lane.epoch !== epoch) return;
    const { producer, topics, deadLetters, committer } = this.#options;
    const { processor } = lane;
    const letters: Refusal[] = [];
    for (const record of records) {
      const outcome = processor.add(record.offset, record.value ?? new Uint8Array());
      if (outcome.outcome === 'deadLetter')
        letters.push({ record, step: outcome.step, reason: outcome.reason });
    }
    const { events, states, bugs } = processor.advance();
    for (const bug of bugs) letters.push(this.#passedOver(bug, records[records.length - 1]));
    await deadLetters.put(letters, records.length, processor.clock);
    await sendAll(producer, topics.incidents, events);
    await sendAll(
      producer,
      topics.incidentState,
      states.map((state) => ({ ...state, partition })),
    );
    for (const { event } of events) metrics.incidents.inc({ event: event.event, kind: event.kind });
    const position = processor.position();
    if (position === undefined) return;
    const { offset } = position;
    const labels = { topic: 'ati.signals', partition: String(partition) };
    metrics.floorAge.set(labels, position.done - position.floor);
    committer.done(
      { topic: topics.signals, partition, offset, metadata: formatSignalMetadata(position) },
      epoch,
    );
  }
}
