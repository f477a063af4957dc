/**
 * The identity of an idempotent producer: its id and, per partition, the sequence of the next record. A broker stores a
 * batch only once per (id, partition, sequence), however often it is sent.
 */
export class ProducerSession {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly #next = new Map<string, number>();

  constructor(producerId: number, producerEpoch: number) {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }

  /** The sequence of the first of `count` records, which are numbered by this call. */
  take(topic: string, partition: number, count: number): number {
    const key = `${topic}/${partition}`;
    const first = this.#next.get(key) ?? 0;
    this.#next.set(key, (first + count) % SEQUENCES);
    return first;
  }
}

/** Sequences are the non-negative 32-bit integers, then 0 again. */
const SEQUENCES = 2 ** 31;
