/** The log's clock as an rxjs scheduler: operators that take time take that of the log. */
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import { DueQueue, type Timed } from '../shared/due-queue.ts';

/** rxjs's own VirtualTimeScheduler sorts all that is scheduled at each call; with ten thousand open traces that is too slow. */
export class LogTime {
  readonly #due = new DueQueue<Due>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  /** Does what is due by `clock`, each at its own time; of what is due at the same moment by `order`. */
  advanceTo(clock: number): void {
    for (let action = this.#due.pop(clock); action !== undefined; action = this.#due.pop(clock)) {
      this.#now = Math.max(this.#now, action.due);
      action.run();
    }
    this.#now = Math.max(this.#now, clock);
  }

  /** A scheduler whose work has its place by `order` among what is due at the same moment. */
  ordered(order: string): SchedulerLike {
    return {
      now: () => this.#now,
      schedule: <T>(work: Work<T>, delay = 0, state?: T) =>
        new Action(this, order, work).schedule(state, delay),
    };
  }

  push(action: Due): void {
    this.#due.push(action);
  }
}

interface Due extends Timed {
  run(): void;
}

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

class Action<T> extends Subscription implements SchedulerAction<T>, Due {
  due = Number.POSITIVE_INFINITY;
  readonly order: string;
  readonly #time: LogTime;
  #work: Work<T> | undefined;
  #state: T | undefined;

  constructor(time: LogTime, order: string, work: Work<T>) {
    super();
    this.#time = time;
    this.order = order;
    this.#work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    this.#state = state;
    this.due = this.#time.now() + delay;
    this.#time.push(this);
    return this;
  }

  run(): void {
    this.due = Number.POSITIVE_INFINITY;
    this.#work?.call(this, this.#state);
    if (this.due === Number.POSITIVE_INFINITY) this.unsubscribe();
  }

  override unsubscribe(): void {
    this.due = Number.POSITIVE_INFINITY;
    // Its place in the queue may live for minutes yet.
    this.#work = undefined;
    this.#state = undefined;
    super.unsubscribe();
  }
}
