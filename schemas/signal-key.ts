import { partitionOf } from './murmur2.ts';

/**
 * Whom a signal is about, and so its incidents: an agent operation, or with scope `instance` a service.name and its
 * service.instance.id. All normalised as in the signal.
 */
export interface SignalOwner {
  readonly tenant: string;
  readonly agent: string;
  readonly operation: string;
}

/** Key of a signal on ati.signals. Both scopes alike, so that an incident's own names lead to its signals. */
export function signalKey({ tenant, agent, operation }: SignalOwner): string {
  return `${tenant}\0${agent}\0${operation}`;
}

/**
 * The partition of ati.signals that holds everything about one owner: its signals, what operators do with its incidents,
 * and (in ati.incident-state) their states. See docs/adr/0002.
 */
export function signalPartition(owner: SignalOwner, partitions: number): number {
  return partitionOf(Buffer.from(signalKey(owner), 'utf8'), partitions);
}

/** An owner's key, and the partition that it leads to. */
export interface SignalPlace {
  readonly key: string;
  readonly partition: number;
}

/** Owners whose places are remembered; more of them begin anew. */
const MOST_PLACES = 8192;
/** A power of two. */
const RECENT = 256;

interface OwnedPlace extends SignalOwner {
  readonly place: SignalPlace;
}

/** `signalKey` and `signalPartition` of owners that come again and again: agent operations are few. */
export class SignalPlaces {
  readonly #partitions: number;
  readonly #known = new Map<string, Map<string, Map<string, SignalPlace>>>();
  #size = 0;
  /** Those of the last owners, each at a place by its names' lengths and ends. */
  readonly #recent: (OwnedPlace | undefined)[] = new Array(RECENT).fill(undefined);

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  of(tenant: string, agent: string, operation: string): SignalPlace {
    const ends = agent.charCodeAt(agent.length - 1) ^ (operation.charCodeAt(operation.length - 1) << 2);
    const slot = (ends ^ (agent.length << 3) ^ (operation.length << 4)) & (RECENT - 1);
    const recent = this.#recent[slot];
    if (recent?.operation === operation && recent.agent === agent && recent.tenant === tenant)
      return recent.place;
    const place = this.#known.get(tenant)?.get(agent)?.get(operation) ?? this.#add(tenant, agent, operation);
    this.#recent[slot] = { tenant, agent, operation, place };
    return place;
  }

  #add(tenant: string, agent: string, operation: string): SignalPlace {
    if (this.#size >= MOST_PLACES) {
      this.#known.clear();
      this.#size = 0;
    }
    this.#size++;
    const owner = { tenant, agent, operation };
    const place = { key: signalKey(owner), partition: signalPartition(owner, this.#partitions) };
    let agents = this.#known.get(tenant);
    if (agents === undefined) {
      agents = new Map();
      this.#known.set(tenant, agents);
    }
    let operations = agents.get(agent);
    if (operations === undefined) {
      operations = new Map();
      agents.set(agent, operations);
    }
    operations.set(operation, place);
    return place;
  }
}
