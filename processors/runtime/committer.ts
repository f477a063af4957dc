import { messageOf } from '#infra/errors.ts';
import type { Consumer, OffsetCommit } from '#infra/kafka/port.ts';
import type { Logger } from '#infra/log.ts';
import { REAL_TIME, type Schedule } from '#infra/schedule.ts';

/** Commits what is done, at most once per interval and at the end; older assignments are fenced by their epoch. */
export class Committer {
  readonly #log: Logger;
  readonly #onCommitted: (commit: OffsetCommit) => void;
  readonly #schedule: Schedule;
  readonly #pending = new Map<number, OffsetCommit>();
  #epoch = -1;
  #consumer: Consumer | undefined;
  #stop = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(
    log: Logger,
    onCommitted: (commit: OffsetCommit) => void = () => {},
    schedule: Schedule = REAL_TIME,
  ) {
    this.#schedule = schedule;
    this.#log = log;
    this.#onCommitted = onCommitted;
  }

  start(consumer: Consumer, everyMs: number): void {
    this.#consumer = consumer;
    this.#stop = this.#schedule.every(everyMs, () => {
      this.commit().catch((error: unknown) => {
        // Nothing is lost: more is done again after a restart. A broker that stays away stops the consumer itself.
        this.#log.warn({ reason: messageOf(error) }, 'commit failed, trying again');
      });
    });
  }

  /** A new assignment: what was not committed before is another member's, or will be done again. */
  reset(epoch: number): void {
    this.#epoch = epoch;
    this.#pending.clear();
  }

  done(commit: OffsetCommit, epoch: number): void {
    if (epoch === this.#epoch) this.#pending.set(commit.partition, commit);
  }

  /** Commits what is pending; one at a time. */
  commit(): Promise<void> {
    this.#running = this.#running.catch(() => {}).then(() => this.#commit());
    return this.#running;
  }

  stop(): void {
    this.#stop();
  }

  async #commit(): Promise<void> {
    const epoch = this.#epoch;
    const commits = [...this.#pending.values()];
    if (commits.length === 0 || this.#consumer === undefined) return;
    if (!(await this.#consumer.commit(commits, epoch))) return;
    for (const commit of commits) {
      if (this.#pending.get(commit.partition) === commit) this.#pending.delete(commit.partition);
      if (epoch === this.#epoch) this.#onCommitted(commit);
    }
  }
}
