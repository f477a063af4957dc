import type { Kafka, OutgoingRecord, Producer } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import { fromState, type Incident } from '../incidents/incident.ts';
import type { IncidentOutputs } from '../incidents/ledger.ts';
import type { Refusal } from './dead-letters.ts';

export interface ReadStates {
  readonly incidents: readonly Incident[];
  readonly unreadable: readonly Refusal[];
  /** Records that were looked at. */
  readonly read: number;
}

const CLAIM_KEY = 'owner';

/**
 * A partition of ati.incident-state as one owner reads and writes it. Each owner writes under keys of its own, `incident
 * id/owner`: one that was stopped, lost the partition and wakes up may still write an older state, and under the same key
 * compaction would keep that and drop the newer one (docs/adr/0013).
 */
export class IncidentStates {
  readonly #kafka: Pick<Kafka, 'read'>;
  readonly #topic: string;
  readonly #partition: number;
  readonly #owner: number;
  /** Keys of other owners, by incident. */
  readonly #others = new Map<string, Set<string>>();

  private constructor(kafka: Pick<Kafka, 'read'>, topic: string, partition: number, owner: number) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#partition = partition;
    this.#owner = owner;
  }

  /** The new owner's number is the offset of its claim: nobody had it before, nobody will. */
  static async claim(
    kafka: Pick<Kafka, 'read'>,
    producer: Pick<Producer, 'send'>,
    topic: string,
    partition: number,
  ): Promise<IncidentStates> {
    const [{ baseOffset }] = await producer.send(topic, [{ partition, key: CLAIM_KEY, value: null }]);
    return new IncidentStates(kafka, topic, partition, baseOffset);
  }

  /**
   * Of each incident the state that is furthest on, whoever wrote it. What is no state is nothing that stage 2 has written:
   * going on without it loses no incident, and a restart would read it again.
   */
  async read(): Promise<ReadStates> {
    const states = new Map<string, Incident>();
    const unreadable: Refusal[] = [];
    let read = 0;
    for await (const record of this.#kafka.read(this.#topic, this.#partition, 0)) {
      // The end of a key, or a claim.
      if (record.value === null) continue;
      read++;
      const state = decodeAs('IncidentState', record.value);
      const decoded = state.ok ? fromState(state.value) : state;
      if (!decoded.ok) {
        unreadable.push({ record, step: 'decode', reason: decoded.reason });
        continue;
      }
      const { incident } = decoded;
      this.#saw(incident.id, record.key);
      const known = states.get(incident.id);
      if (known === undefined || known.appliedThrough <= incident.appliedThrough)
        states.set(incident.id, incident);
    }
    return { incidents: [...states.values()], unreadable, read };
  }

  /** States as this owner writes them, each before the end of what it replaces. */
  recordsOf(states: IncidentOutputs['states']): OutgoingRecord[] {
    const partition = this.#partition;
    return states.flatMap(({ key: id, value }) => {
      const replaced = [...(this.#others.get(id) ?? [])];
      this.#others.delete(id);
      return [
        { partition, key: this.#keyOf(id), value },
        ...replaced.map((key) => ({ partition, key, value: null })),
      ];
    });
  }

  #keyOf(id: string): string {
    return `${id}/${this.#owner}`;
  }

  #saw(id: string, key: Buffer | null): void {
    const text = key?.toString();
    if (text === undefined || text === this.#keyOf(id)) return;
    const others = this.#others.get(id);
    if (others === undefined) this.#others.set(id, new Set([text]));
    else others.add(text);
  }
}
