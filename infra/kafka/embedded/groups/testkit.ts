import type { Code } from '../wire/codes.ts';
import { Group } from './group.ts';
import type { JoinAnswer, JoinRequest, SyncAnswer } from './member.ts';
import type { Timers } from './timers.ts';

/** Time that the test moves. */
export class ManualTimers implements Timers {
  #now = 0;
  #next = 0;
  readonly #due = new Map<number, { at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const id = this.#next++;
    this.#due.set(id, { at: this.#now + ms, run });
    return () => this.#due.delete(id);
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#due.size;
  }

  /** Lets `ms` pass: what is due runs in order of its time. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [first] = [...this.#due]
        .filter(([, { at }]) => at <= end)
        .sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
      if (first === undefined) break;
      const [id, { at, run }] = first;
      this.#now = at;
      this.#due.delete(id);
      run();
    }
    this.#now = end;
  }
}

/** A group whose members are called a, b, c …; answers are collected by member. */
export class GroupKit {
  readonly timers = new ManualTimers();
  readonly joins = new Map<string, JoinAnswer>();
  readonly syncs = new Map<string, SyncAnswer>();
  readonly group: Group;
  #ids = 0;

  constructor() {
    this.group = new Group('g', this.timers, () => String(++this.#ids));
  }

  /** Joins as a new member and gives its id (`client-1` …); its answer may come later. */
  joinNew(options: Partial<JoinRequest> = {}): string {
    let id = '';
    this.group.join({ ...request(''), ...options, requireId: true }, (answer) => {
      id = answer.memberId;
    });
    this.join(id, options);
    return id;
  }

  join(memberId: string, options: Partial<JoinRequest> = {}): void {
    this.joins.delete(memberId);
    this.group.join({ ...request(memberId), ...options }, (answer) => this.joins.set(memberId, answer));
  }

  /** Sends SyncGroup with the generation of the member's last join; a leader assigns to each its own id. */
  sync(memberId: string, generation = this.joins.get(memberId)?.generation ?? -1): void {
    const assignments = (this.joins.get(memberId)?.members ?? []).map(({ id }) => ({
      memberId: id,
      assignment: Buffer.from(`for ${id}`),
    }));
    this.syncs.delete(memberId);
    this.group.sync({ memberId, generation, assignments }, (answer) => this.syncs.set(memberId, answer));
  }

  beat(memberId: string, generation = this.group.generation): Code {
    return this.group.heartbeat(memberId, generation);
  }

  /** A stable group of `count` members. */
  stable(count: number): string[] {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      ids.push(this.joinNew());
      for (const id of ids.slice(0, -1)) this.join(id);
    }
    for (const id of ids) this.sync(id);
    return ids;
  }
}

function request(memberId: string): JoinRequest {
  return {
    memberId,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from(`of ${memberId}`) }],
    requireId: true,
  };
}
