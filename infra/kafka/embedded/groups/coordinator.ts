import { CODE, type Code } from '../wire/codes.ts';
import { Group } from './group.ts';
import type { JoinAnswer, JoinRequest, SyncAnswer, SyncRequest } from './member.ts';
import { NO_BYTES } from './member.ts';
import { type Commit, MAX_METADATA_BYTES, type Offsets } from './offsets.ts';
import type { Timers } from './timers.ts';

export interface GroupListing {
  readonly id: string;
  readonly protocolType: string;
}

/** All consumer groups: membership in memory, committed offsets on disk. */
export class Coordinator {
  readonly offsets: Offsets;
  readonly #groups = new Map<string, Group>();
  readonly #timers: Timers;

  constructor(offsets: Offsets, timers: Timers) {
    this.offsets = offsets;
    this.#timers = timers;
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  /** Groups with members, and those that only have committed offsets. */
  list(): GroupListing[] {
    const ids = new Set([...this.offsets.groups(), ...this.#groups.keys()]);
    return [...ids].map((id) => ({ id, protocolType: this.#groups.get(id)?.protocolType ?? '' }));
  }

  has(id: string): boolean {
    return this.#groups.has(id) || this.offsets.groups().includes(id);
  }

  join(groupId: string, request: JoinRequest): Promise<JoinAnswer> {
    const refuse = (code: Code): Promise<JoinAnswer> => {
      const { memberId } = request;
      return Promise.resolve({ code, generation: -1, protocol: '', leaderId: '', memberId, members: [] });
    };
    if (groupId === '') return refuse(CODE.INVALID_GROUP_ID);
    let group = this.#groups.get(groupId);
    if (!group) {
      if (request.memberId !== '') return refuse(CODE.UNKNOWN_MEMBER_ID);
      group = new Group(groupId, this.#timers);
      this.#groups.set(groupId, group);
    }
    const known = group;
    return new Promise((resolve) => known.join(request, resolve)).then((answer) => {
      this.#forgetIdle(known);
      return answer as JoinAnswer;
    });
  }

  sync(groupId: string, request: SyncRequest): Promise<SyncAnswer> {
    const group = this.#groups.get(groupId);
    if (!group) return Promise.resolve({ code: CODE.UNKNOWN_MEMBER_ID, assignment: NO_BYTES });
    return new Promise((resolve) => group.sync(request, resolve));
  }

  heartbeat(groupId: string, memberId: string, generation: number): Code {
    return this.#groups.get(groupId)?.heartbeat(memberId, generation) ?? CODE.UNKNOWN_MEMBER_ID;
  }

  leave(groupId: string, memberId: string): Code {
    const group = this.#groups.get(groupId);
    if (!group) return CODE.UNKNOWN_MEMBER_ID;
    const code = group.leave(memberId);
    this.#forgetIdle(group);
    return code;
  }

  /** A group that nobody ever got into (refused) need not be remembered; others keep their generation. */
  #forgetIdle(group: Group): void {
    if (group.idle && group.generation === 0) this.#groups.delete(group.id);
  }

  /** One code for each commit, in order. What may be committed is durable when this returns. */
  commit(groupId: string, memberId: string, generation: number, commits: readonly Commit[]): Code[] {
    const all = (code: Code): Code[] => commits.map(() => code);
    if (groupId === '') return all(CODE.INVALID_GROUP_ID);
    const group = this.#groups.get(groupId);
    if (!group && generation >= 0) return all(CODE.ILLEGAL_GENERATION);
    const allowed = group?.checkCommit(memberId, generation) ?? CODE.NONE;
    if (allowed !== CODE.NONE) return all(allowed);
    const codes = commits.map(({ metadata }) =>
      Buffer.byteLength(metadata) > MAX_METADATA_BYTES ? CODE.OFFSET_METADATA_TOO_LARGE : CODE.NONE,
    );
    const accepted = commits.filter((_, i) => codes[i] === CODE.NONE);
    if (accepted.length > 0) this.offsets.commit(groupId, accepted);
    return codes;
  }

  close(): void {
    for (const group of this.#groups.values()) group.close();
    this.offsets.close();
  }
}
