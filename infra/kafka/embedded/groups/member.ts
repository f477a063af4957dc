import type { Code } from '../wire/codes.ts';

export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  /** '' asks for an id. */
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  /** Milliseconds. */
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  /** In the member's order of preference. */
  readonly protocols: readonly Protocol[];
  /** JoinGroup v4 and later: a new member is told its id first and joins with it. */
  readonly requireId: boolean;
}

export interface JoinAnswer {
  readonly code: Code;
  readonly generation: number;
  readonly protocol: string;
  readonly leaderId: string;
  readonly memberId: string;
  /** Of all members for the leader, empty for the others. */
  readonly members: readonly { readonly id: string; readonly metadata: Buffer }[];
}

export interface SyncRequest {
  readonly memberId: string;
  readonly generation: number;
  /** From the leader; empty from the others. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface SyncAnswer {
  readonly code: Code;
  readonly assignment: Buffer;
}

export interface Member {
  readonly id: string;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly Protocol[];
  assignment: Buffer;
  /** The parked JoinGroup or SyncGroup request of this member. */
  joining: ((answer: JoinAnswer) => void) | undefined;
  syncing: ((answer: SyncAnswer) => void) | undefined;
  stopSession: (() => void) | undefined;
}

export const NO_BYTES = Buffer.alloc(0);

/** True when both lists have the same names and metadata in the same order. */
export function sameProtocols(a: readonly Protocol[], b: readonly Protocol[]): boolean {
  return (
    a.length === b.length &&
    a.every((protocol, i) => protocol.name === b[i].name && protocol.metadata.equals(b[i].metadata))
  );
}

/** The protocol that every member knows and most prefer; undefined when there is none in common. */
export function chooseProtocol(members: readonly Member[]): string | undefined {
  const votes = new Map<string, number>();
  const common = (name: string): boolean =>
    members.every((member) => member.protocols.some((protocol) => protocol.name === name));
  for (const member of members) {
    const choice = member.protocols.find((protocol) => common(protocol.name))?.name;
    if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1);
  }
  let best: string | undefined;
  for (const [name, count] of votes) if (best === undefined || count > votes.get(best)!) best = name;
  return best;
}
