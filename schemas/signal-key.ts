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
