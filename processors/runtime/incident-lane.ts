import { UserError } from '#infra/errors.ts';
import type { Kafka, KafkaRecord, Producer } from '#infra/kafka/port.ts';
import type { Logger } from '#infra/log.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import type { IncidentOutputs } from '../incidents/ledger.ts';
import { parseSignalMetadata } from '../incidents/position.ts';
import { SignalProcessor } from '../incidents/signal-processor.ts';
import { UnitBug } from '../incidents/unit-bug.ts';
import type { WindowBug } from '../windows/guarded.ts';
import type { WindowSettings } from '../windows/settings.ts';
import type { Committed } from './assembly-lane.ts';
import type { Refusal, RereadLetters } from './dead-letters.ts';
import { IncidentStates } from './incident-states.ts';
import type { ProcessorTopics } from './topics.ts';

export interface IncidentLaneOptions {
  readonly kafka: Kafka;
  readonly producer: Producer;
  readonly topics: ProcessorTopics;
  readonly windows: WindowSettings;
  readonly detectors: ConfiguredDetectors;
  readonly log: Logger;
  /** Where states that cannot be read are put aside. */
  readonly stateLetters: Pick<RereadLetters, 'put'>;
}

/** A unit of work that throws this often is passed over. */
const ATTEMPTS = 3;

export interface Judged extends IncidentOutputs {
  readonly letters: readonly Refusal[];
  /** Actions of operators that no longer fitted their incident. */
  readonly unfit: number;
}

/**
 * Stage 2 of a partition of ati.signals that this process owns. After a throw (design §4: a bug) nothing of the batch is
 * kept: the processor is built again from the last commit, up to the batch, and the batch is read again. What throws
 * the third time is passed over, with a dead letter.
 */
export class IncidentLane {
  readonly partition: number;
  readonly epoch: number;
  /** The last commit: where a rebuild starts. */
  committed: Committed;
  processor: SignalProcessor;
  /** What is written of the incidents' states, and under which keys. */
  readonly states: IncidentStates;
  readonly #options: IncidentLaneOptions;
  readonly #attempts = new Map<string, number>();
  readonly #passOver = new Set<string>();

  private constructor(
    options: IncidentLaneOptions,
    partition: number,
    epoch: number,
    committed: Committed,
    processor: SignalProcessor,
    states: IncidentStates,
  ) {
    this.#options = options;
    this.states = states;
    this.partition = partition;
    this.epoch = epoch;
    this.committed = committed;
    this.processor = processor;
  }

  /** At a committed position, with the incidents' states as they are on their topic. */
  static async open(
    options: IncidentLaneOptions,
    partition: number,
    epoch: number,
    committed: Committed,
  ): Promise<IncidentLane> {
    const { kafka, producer, topics } = options;
    const states = await IncidentStates.claim(kafka, producer, topics.incidentState, partition);
    const processor = await processorAt(options, partition, committed, states, new Set());
    return new IncidentLane(options, partition, epoch, committed, processor, states);
  }

  /** What comes of a batch. */
  async judge(records: readonly KafkaRecord[]): Promise<Judged> {
    const letters: Refusal[] = [];
    for (;;) {
      try {
        const judged = this.#read(records);
        return { ...judged, letters: [...letters, ...judged.letters] };
      } catch (error) {
        letters.push(...this.#thrown(error, records[records.length - 1]));
        letters.push(...(await this.#rebuild(records)));
      }
    }
  }

  #read(records: readonly KafkaRecord[]): Judged {
    const letters: Refusal[] = [];
    const before = this.processor.stats.unfit;
    for (const record of records) {
      const outcome = this.processor.add(record.offset, record.value ?? new Uint8Array(), record.timestamp);
      if (outcome.outcome === 'deadLetter')
        letters.push({ record, step: outcome.step, reason: outcome.reason });
    }
    const { bugs, ...outputs } = this.processor.advance();
    for (const bug of bugs) letters.push(this.#passedOver(bug, records[records.length - 1]));
    return { ...outputs, letters, unfit: this.processor.stats.unfit - before };
  }

  /** Counts a throw; the third of a unit gives its dead letter, with the record at which it was to be done. */
  #thrown(error: unknown, record: KafkaRecord): Refusal[] {
    if (!(error instanceof UnitBug)) throw error;
    const { unit, cause } = error;
    const attempt = (this.#attempts.get(unit) ?? 0) + 1;
    this.#attempts.set(unit, attempt);
    const { partition } = this;
    this.#options.log.error({ err: cause, partition, unit, attempt }, 'a bug in stage 2');
    if (attempt < ATTEMPTS) return [];
    this.#attempts.delete(unit);
    this.#passOver.add(unit);
    // A record that is passed over says so itself.
    return unit.startsWith('record ')
      ? []
      : [{ record, step: 'incidents', reason: 'bug', details: { unit } }];
  }

  /** As it was before the batch. What is done again has been written before: its outputs are not needed. */
  async #rebuild(batch: readonly KafkaRecord[]): Promise<Refusal[]> {
    const { kafka, topics } = this.#options;
    const letters: Refusal[] = [];
    for (;;) {
      this.processor = await processorAt(
        this.#options,
        this.partition,
        this.committed,
        this.states,
        this.#passOver,
      );
      try {
        const from = this.committed.offset;
        for await (const record of kafka.read(topics.signals, this.partition, from, batch[0].offset))
          this.processor.add(record.offset, record.value ?? new Uint8Array(), record.timestamp);
        this.processor.advance();
        return letters;
      } catch (error) {
        letters.push(...this.#thrown(error, batch[0]));
      }
    }
  }

  /** A detector's bug, with the record that made its window complete. */
  #passedOver({ kind, window, error }: WindowBug, record: KafkaRecord): Refusal {
    const { tenant, agent, operation, endMs } = window;
    const details = { kind, tenant, agent, operation, windowEnd: String(endMs) };
    this.#options.log.error({ err: error, ...details }, `${kind} threw on a window, which it passes over`);
    return { record, step: 'window', reason: 'bug', details };
  }
}

async function processorAt(
  { topics, windows, detectors, log, stateLetters }: IncidentLaneOptions,
  partition: number,
  { offset, metadata }: Committed,
  states: IncidentStates,
  passOver: ReadonlySet<string>,
): Promise<SignalProcessor> {
  const position = parseSignalMetadata(metadata);
  if (!position.ok)
    throw new UserError(
      `${topics.incidentsGroup}, ${topics.signals} partition ${partition}: ${position.reason}`,
    );
  const { incidents, unreadable, read } = await states.read();
  for (const { record, reason } of unreadable)
    log.error(
      { partition, offset: record.offset },
      `a record of ${topics.incidentState} is no state: ${reason}`,
    );
  await stateLetters.put(unreadable, read, Math.max(0, position.value.done));
  const start = { ...position.value, offset, incidents, passOver: new Set(passOver) };
  return new SignalProcessor(windows, detectors, start);
}
