/**
 * Sends to different partitions of one broker that come in the same turn of the event loop share a request: a request
 * costs more than what a small batch adds to it. Each send has the answers of its own partitions, and their errors alone.
 */
import { type Broker, protocolError } from '../kafkajs.ts';
import type { ProduceAck } from '../port.ts';
import { type ProduceAnswer, type ProduceRequest, produceTo } from './produce.ts';

/** Partitions of one request; a batch has 1 MiB at most, and a broker takes requests of 100 MiB. */
const MAX_PARTITIONS = 16;

interface Waiting {
  readonly produce: ProduceRequest;
  resolve(acks: ProduceAck[]): void;
  reject(error: unknown): void;
}

/** Of one producer, which has one send at a time in flight for a partition. */
export class ProduceGatherer {
  readonly #waiting = new Map<Broker, Waiting[]>();

  /** Rejects with kafkajs's errors: of the request, or of the first of these partitions that has one. */
  produce(broker: Broker, produce: ProduceRequest): Promise<ProduceAck[]> {
    return new Promise((resolve, reject) => {
      const one = { produce, resolve, reject };
      const others = this.#waiting.get(broker);
      if (others !== undefined) {
        others.push(one);
        return;
      }
      this.#waiting.set(broker, [one]);
      setImmediate(() => this.#depart(broker));
    });
  }

  #depart(broker: Broker): void {
    const waiting = this.#waiting.get(broker) ?? [];
    this.#waiting.delete(broker);
    for (const group of groupsOf(waiting)) void send(broker, group);
  }
}

/** Those that one request can carry, in the order they came. */
function groupsOf(waiting: readonly Waiting[]): Waiting[][] {
  const groups: Waiting[][] = [];
  for (const one of waiting) {
    const last = groups.at(-1);
    if (last !== undefined && fits(one.produce, last)) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

function fits(produce: ProduceRequest, group: readonly Waiting[]): boolean {
  const [{ produce: first }] = group;
  const partitions = group.reduce((sum, each) => sum + each.produce.partitions.length, 0);
  return (
    produce.topic === first.topic &&
    produce.producerId === first.producerId &&
    produce.producerEpoch === first.producerEpoch &&
    produce.compression === first.compression &&
    partitions + produce.partitions.length <= MAX_PARTITIONS
  );
}

async function send(broker: Broker, group: readonly Waiting[]): Promise<void> {
  try {
    const partitions = group.flatMap(({ produce }) => produce.partitions);
    const answers = await produceTo(broker, { ...group[0].produce, partitions });
    for (const one of group) settle(one, answers);
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

function settle({ produce, resolve, reject }: Waiting, answers: readonly ProduceAnswer[]): void {
  const mine = new Set(produce.partitions.map(({ partition }) => partition));
  const own = answers.filter(({ ack }) => mine.has(ack.partition));
  const refused = own.find(({ code }) => code !== 0);
  if (refused !== undefined) reject(protocolError(refused.code));
  else resolve(own.map(({ ack }) => ack));
}
