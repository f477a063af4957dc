import type { Batch, Producer } from 'kafkajs';
import type { BatchHandler } from '../shared/consume.ts';
import type { PeerContext } from '../shared/context.ts';
import { sendAll } from '../shared/kafka.ts';
import { recordsOf } from '../shared/results-out.ts';
import { json } from './json.ts';
import { parseRecord } from './log-record.ts';
import { PartitionStream } from './partition-stream.ts';

/** JSON spans → summaries and signals, as JSON. */
export class AssemblyStage implements BatchHandler {
  readonly #context: PeerContext;
  readonly #producer: Producer;
  readonly #streams = new Map<number, PartitionStream>();
  readonly #done = new Map<number, number>();

  constructor(context: PeerContext, producer: Producer) {
    this.#context = context;
    this.#producer = producer;
  }

  reset(): void {
    this.#streams.clear();
    this.#done.clear();
  }

  done(): Iterable<readonly [number, number]> {
    return this.#done;
  }

  async handle({ partition, messages }: Batch): Promise<void> {
    const stream = this.#streamOf(partition);
    for (const { offset, value } of messages) stream.process(Number(offset), parseRecord(value!));
    await sendAll(this.#producer, recordsOf(this.#context, json, partition, stream.take()));
    this.#done.set(partition, stream.floor);
  }

  #streamOf(partition: number): PartitionStream {
    let stream = this.#streams.get(partition);
    if (stream === undefined) {
      const { settings, detectors } = this.#context;
      stream = new PartitionStream(partition, settings.assembly, detectors);
      this.#streams.set(partition, stream);
    }
    return stream;
  }
}
