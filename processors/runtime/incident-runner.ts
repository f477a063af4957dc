import type { Assignment, Batch, ConsumerHandler } from '#infra/kafka/port.ts';
import { sendAll } from '#infra/kafka/send-all.ts';
import { metrics, underBackPressure } from '#infra/metrics.ts';
import { formatSignalMetadata } from '../incidents/position.ts';
import type { Committer } from './committer.ts';
import type { DeadLetterBox } from './dead-letters.ts';
import { IncidentLane, type IncidentLaneOptions, type Judged } from './incident-lane.ts';

export interface IncidentRunnerOptions extends IncidentLaneOptions {
  readonly committer: Committer;
  readonly deadLetters: DeadLetterBox;
}

/** Stage 2 on Kafka: incident events, then incident states, and then, not before, the commit. */
export class IncidentRunner implements ConsumerHandler {
  readonly #options: IncidentRunnerOptions;
  readonly #lanes = new Map<number, IncidentLane>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: IncidentRunnerOptions) {
    this.#options = options;
  }

  async onAssigned(partitions: readonly Assignment[], epoch: number): Promise<void> {
    const { committer, log } = this.#options;
    this.#lanes.clear();
    committer.reset(epoch);
    await Promise.all(
      partitions.map(async ({ partition, offset, metadata }) => {
        const lane = await IncidentLane.open(this.#options, partition, epoch, { offset, metadata });
        this.#lanes.set(partition, lane);
        log.info({ partition, from: offset, incidents: lane.processor.liveIncidents }, 'watching windows');
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

  /** Told of each commit, from which a rebuild would start. */
  committed(partition: number, offset: number, metadata: string): void {
    const lane = this.#lanes.get(partition);
    if (lane !== undefined) lane.committed = { offset, metadata };
  }

  async #handle(batch: Batch): Promise<void> {
    const { partition, epoch, records } = batch;
    const lane = this.#lanes.get(partition);
    if (lane === undefined || lane.epoch !== epoch) return;
    const { topics, committer } = this.#options;
    metrics.recordsConsumed.inc({ topic: topics.signals }, records.length);
    const judged = await lane.judge(records);
    const { events, unfit } = judged;
    const { processor } = lane;
    // Nothing else is taken of the partition until the log has it.
    await underBackPressure(topics.signals, this.#write(lane, judged, records.length));
    for (const { event } of events) metrics.incidents.inc({ event: event.event, kind: event.kind });
    metrics.operatorActionsUnfit.inc(unfit);
    const position = processor.position();
    if (position === undefined) return;
    const { offset } = position;
    const labels = { topic: topics.signals, partition: String(partition) };
    metrics.floorAge.set(labels, position.done - position.floor);
    committer.done(
      { topic: topics.signals, partition, offset, metadata: formatSignalMetadata(position) },
      epoch,
    );
  }

  async #write(lane: IncidentLane, { events, states, letters }: Judged, read: number): Promise<void> {
    const { producer, topics, deadLetters } = this.#options;
    await deadLetters.put(letters, read, lane.processor.clock);
    await sendAll(producer, topics.incidents, events);
    await sendAll(producer, topics.incidentState, lane.states.recordsOf(states));
  }
}
