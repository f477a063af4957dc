/**
 * One consumer group: the state machine of Kafka's classic group protocol.
 *
 *   Empty → PreparingRebalance (waiting for every member to join again: the barrier)
 *         → CompletingRebalance (waiting for the leader's assignment) → Stable
 *
 * A rebalance starts when a member joins, leaves, or its session expires. Requests that have to wait are parked as
 * callbacks. Membership is in memory only: after a restart of the broker members are unknown and join again.
 */
import { randomUUID } from 'node:crypto';
import { CODE, type Code } from '../wire/codes.ts';
import {
  chooseProtocol,
  type JoinAnswer,
  type JoinRequest,
  type Member,
  NO_BYTES,
  type SyncAnswer,
  type SyncRequest,
  sameProtocols,
} from './member.ts';
import type { Timers } from './timers.ts';

/** group.min.session.timeout.ms and group.max.session.timeout.ms of Kafka. */
const MIN_SESSION_MS = 6_000;
const MAX_SESSION_MS = 1_800_000;

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

export class Group {
  readonly id: string;
  state: GroupState = 'Empty';
  generation = 0;
  protocolType = '';
  protocol = '';
  leaderId = '';
  readonly members = new Map<string, Member>();
  /** Ids given out with MEMBER_ID_REQUIRED whose owner has not come back yet. */
  readonly #pending = new Map<string, () => void>();
  readonly #timers: Timers;
  readonly #newId: () => string;
  #stopBarrier: (() => void) | undefined;
  #stopSyncWait: (() => void) | undefined;

  constructor(id: string, timers: Timers, newId: () => string = randomUUID) {
    this.id = id;
    this.#timers = timers;
    this.#newId = newId;
  }

  /** No members, none expected: nothing would be lost by forgetting this object. */
  get idle(): boolean {
    return this.members.size === 0 && this.#pending.size === 0;
  }

  join(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const code = this.#checkJoin(request);
    const member = this.members.get(request.memberId);
    if (code !== CODE.NONE) {
      answer(refusal(code, request.memberId));
    } else if (member) {
      this.#joinAgain(member, request, answer);
    } else if (request.memberId !== '') {
      this.#forgetPending(request.memberId);
      this.#joinNew(request.memberId, request, answer);
    } else {
      const id = `${request.clientId}-${this.#newId()}`;
      if (request.requireId) {
        this.#pending.set(
          id,
          this.#timers.after(request.sessionTimeoutMs, () => this.#dropPending(id)),
        );
        answer(refusal(CODE.MEMBER_ID_REQUIRED, id));
      } else {
        this.#joinNew(id, request, answer);
      }
    }
  }

  #checkJoin(request: JoinRequest): Code {
    const { memberId, sessionTimeoutMs, protocols } = request;
    const unknown = !this.members.has(memberId) && !this.#pending.has(memberId);
    if (memberId !== '' && unknown) return CODE.UNKNOWN_MEMBER_ID;
    if (!(sessionTimeoutMs >= MIN_SESSION_MS && sessionTimeoutMs <= MAX_SESSION_MS)) {
      return CODE.INVALID_SESSION_TIMEOUT;
    }
    if (protocols.length === 0 || !this.#fits(request)) return CODE.INCONSISTENT_GROUP_PROTOCOL;
    return CODE.NONE;
  }

  /** True when the other members speak one of the protocols of this request. */
  #fits(request: JoinRequest): boolean {
    const others = [...this.members.values()].filter((member) => member.id !== request.memberId);
    if (others.length === 0) return true;
    if (request.protocolType !== this.protocolType) return false;
    return request.protocols.some((protocol) =>
      others.every((member) => member.protocols.some((other) => other.name === protocol.name)),
    );
  }

  #joinNew(id: string, request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    if (this.members.size === 0) this.protocolType = request.protocolType;
    this.members.set(id, {
      id,
      clientId: request.clientId,
      clientHost: request.clientHost,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs,
      protocols: request.protocols,
      assignment: NO_BYTES,
      joining: answer,
      syncing: undefined,
      stopSession: undefined,
    });
    this.#prepare();
  }

  #joinAgain(member: Member, request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const same = sameProtocols(member.protocols, request.protocols);
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    member.protocols = request.protocols;
    const leader = member.id === this.leaderId;
    // Nothing changed and no rebalance under way: its answer got lost, or a follower only asks again. The
    // leader of a stable group joins again to force a rebalance (its subscription's partitions changed).
    if (same && (this.state === 'CompletingRebalance' || (this.state === 'Stable' && !leader))) {
      this.#touch(member);
      answer(this.#joined(member));
      return;
    }
    member.joining?.(refusal(CODE.REBALANCE_IN_PROGRESS, member.id)); // an older request, its connection lost
    member.joining = answer;
    member.stopSession?.();
    this.#prepare();
  }

  /** Starts a rebalance, or looks whether the one under way can complete. */
  #prepare(): void {
    if (this.state !== 'PreparingRebalance') {
      this.#stopSyncWait?.();
      this.state = 'PreparingRebalance';
      for (const member of this.members.values()) {
        this.#answerSync(member, { code: CODE.REBALANCE_IN_PROGRESS, assignment: NO_BYTES });
      }
      const wait = Math.max(0, ...[...this.members.values()].map((member) => member.rebalanceTimeoutMs));
      this.#stopBarrier = this.#timers.after(wait, () => this.#endBarrier());
    }
    this.#tryComplete();
  }

  #tryComplete(): void {
    if (this.#pending.size > 0 && this.members.size > 0) return;
    for (const member of this.members.values()) if (!member.joining) return;
    this.#complete();
  }

  /** The rebalance timeout: members that have not joined again are out. */
  #endBarrier(): void {
    for (const member of this.members.values()) if (!member.joining) this.#remove(member);
    this.#complete();
  }

  #complete(): void {
    this.#stopBarrier?.();
    this.#stopBarrier = undefined;
    this.generation++;
    const members = [...this.members.values()];
    const protocol = chooseProtocol(members);
    if (protocol === undefined) {
      this.state = 'Empty';
      this.protocol = '';
      this.leaderId = '';
      return;
    }
    this.protocol = protocol;
    if (!this.members.has(this.leaderId)) this.leaderId = members[0].id;
    this.state = 'CompletingRebalance';
    const wait = Math.max(...members.map((member) => member.rebalanceTimeoutMs));
    this.#stopSyncWait = this.#timers.after(wait, () => this.#endSyncWait());
    for (const member of members) {
      const { joining } = member;
      member.joining = undefined;
      member.assignment = NO_BYTES;
      this.#touch(member);
      joining?.(this.#joined(member));
    }
  }

  /** Members that took part in the join but never asked for their assignment are out. */
  #endSyncWait(): void {
    for (const member of this.members.values()) if (!member.syncing) this.#remove(member);
    this.#prepare();
  }

  #joined(member: Member): JoinAnswer {
    const { generation, protocol, leaderId } = this;
    const metadata = (of: Member) =>
      of.protocols.find((known) => known.name === protocol)?.metadata ?? NO_BYTES;
    const members =
      member.id === leaderId
        ? [...this.members.values()].map((of) => ({ id: of.id, metadata: metadata(of) }))
        : [];
    return { code: CODE.NONE, generation, protocol, leaderId, memberId: member.id, members };
  }

  sync(request: SyncRequest, answer: (answer: SyncAnswer) => void): void {
    const code = this.#checkSync(request);
    if (code !== CODE.NONE) {
      answer({ code, assignment: NO_BYTES });
      return;
    }
    const member = this.members.get(request.memberId)!;
    this.#touch(member);
    if (this.state === 'Stable') {
      answer({ code: CODE.NONE, assignment: member.assignment });
      return;
    }
    member.syncing?.({ code: CODE.REBALANCE_IN_PROGRESS, assignment: NO_BYTES });
    member.syncing = answer;
    if (member.id === this.leaderId) this.#distribute(request);
  }

  #checkSync({ memberId, generation }: SyncRequest): Code {
    const code = this.#fence(memberId, generation);
    return code === CODE.NONE && this.state === 'PreparingRebalance' ? CODE.REBALANCE_IN_PROGRESS : code;
  }

  /** The leader's assignment has come: the group is stable, and everybody who waits for it gets it. */
  #distribute({ assignments }: SyncRequest): void {
    this.state = 'Stable';
    this.#stopSyncWait?.();
    for (const { memberId, assignment } of assignments) {
      const member = this.members.get(memberId);
      if (member) member.assignment = assignment;
    }
    for (const member of this.members.values()) {
      this.#answerSync(member, { code: CODE.NONE, assignment: member.assignment });
    }
  }

  #answerSync(member: Member, answer: SyncAnswer): void {
    const { syncing } = member;
    if (!syncing) return;
    member.syncing = undefined;
    this.#touch(member);
    syncing(answer);
  }

  heartbeat(memberId: string, generation: number): Code {
    const code = this.#fence(memberId, generation);
    if (code !== CODE.NONE) return code;
    this.#touch(this.members.get(memberId)!);
    return this.state === 'PreparingRebalance' ? CODE.REBALANCE_IN_PROGRESS : CODE.NONE;
  }

  /** May this member commit offsets? A generation below 0 is a client outside the group protocol. */
  checkCommit(memberId: string, generation: number): Code {
    if (generation < 0 && memberId === '') {
      return this.members.size === 0 ? CODE.NONE : CODE.UNKNOWN_MEMBER_ID;
    }
    const code = this.#fence(memberId, generation);
    if (code !== CODE.NONE) return code;
    this.#touch(this.members.get(memberId)!);
    return this.state === 'CompletingRebalance' ? CODE.REBALANCE_IN_PROGRESS : CODE.NONE;
  }

  leave(memberId: string): Code {
    if (this.#pending.has(memberId)) {
      this.#dropPending(memberId);
      return CODE.NONE;
    }
    const member = this.members.get(memberId);
    if (!member) return CODE.UNKNOWN_MEMBER_ID;
    this.#remove(member);
    this.#prepare();
    return CODE.NONE;
  }

  #fence(memberId: string, generation: number): Code {
    if (!this.members.has(memberId)) return CODE.UNKNOWN_MEMBER_ID;
    return generation === this.generation ? CODE.NONE : CODE.ILLEGAL_GENERATION;
  }

  /** A sign of life: the session starts anew. Whoever is parked cannot give one and is kept until it is answered. */
  #touch(member: Member): void {
    member.stopSession?.();
    member.stopSession = this.#timers.after(member.sessionTimeoutMs, () => {
      if (member.joining || member.syncing) return;
      this.#remove(member);
      this.#prepare();
    });
  }

  #remove(member: Member): void {
    member.stopSession?.();
    this.members.delete(member.id);
    member.joining?.(refusal(CODE.UNKNOWN_MEMBER_ID, member.id));
    member.syncing?.({ code: CODE.UNKNOWN_MEMBER_ID, assignment: NO_BYTES });
    member.joining = undefined;
    member.syncing = undefined;
  }

  #forgetPending(id: string): void {
    this.#pending.get(id)?.();
    this.#pending.delete(id);
  }

  #dropPending(id: string): void {
    this.#forgetPending(id);
    if (this.state === 'PreparingRebalance') this.#tryComplete();
  }

  /** Stops all timers, without an answer to anybody: the broker stops. */
  close(): void {
    this.#stopBarrier?.();
    this.#stopSyncWait?.();
    for (const stop of this.#pending.values()) stop();
    for (const member of this.members.values()) member.stopSession?.();
  }
}

function refusal(code: Code, memberId: string): JoinAnswer {
  return { code, generation: -1, protocol: '', leaderId: '', memberId, members: [] };
}
