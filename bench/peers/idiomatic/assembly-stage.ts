import type { Batch, Producer } from 'kafkajs';
import { Piscina } from 'piscina';
import type { BatchHandler } from '../shared/consume.ts';
import type { PeerContext } from '../shared/context.ts';
import { sendAll } from '../shared/kafka.ts';
import { recordsOf } from '../shared/results-out.ts';
import type { AssemblyAnswer, AssemblyTask, WorkerSetup } from './assembly.worker.ts';
import { avro } from './avro.ts';
import { decodeBatch } from './decode.ts';

/** Avro and protobuf → span objects → worker threads → summaries and signals, as Avro. */
export class AssemblyStage implements BatchHandler {
  readonly #context: PeerContext;
  readonly #producer: Producer;
  /** A thread each: a partition's open traces stay where they are. */
  readonly #workers: readonly Piscina<AssemblyTask, AssemblyAnswer>[];
  readonly #done = new Map<number, number>();
  #assignment = 0;

  constructor(context: PeerContext, producer: Producer) {
    const { config, settings } = context;
    this.#context = context;
    this.#producer = producer;
    const workerData: WorkerSetup = { assembly: settings.assembly, detectors: settings.detectors };
    const filename = new URL('assembly.worker.ts', import.meta.url).href;
    this.#workers = Array.from(
      { length: config.ATI_WORKERS },
      () => new Piscina({ filename, workerData, minThreads: 1, maxThreads: 1 }),
    );
  }

  reset(): void {
    this.#assignment++;
    this.#done.clear();
  }

  done(): Iterable<readonly [number, number]> {
    return this.#done;
  }

  async handle({ partition, messages }: Batch): Promise<void> {
    const assignment = this.#assignment;
    const batches = messages.map(({ offset, value }) => ({
      offset: Number(offset),
      batch: decodeBatch(value!),
    }));
    const worker = this.#workers[partition % this.#workers.length];
    const { floor, results } = await worker.run({ partition, assignment, batches });
    await sendAll(this.#producer, recordsOf(this.#context, avro, partition, results));
    if (assignment === this.#assignment) this.#done.set(partition, floor);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.destroy()));
  }
}
