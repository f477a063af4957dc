/** A process in the model: its clock, its timers and its requests. When it dies none of them is heard of again. */
import type { Schedule } from '#infra/schedule.ts';
import type { EffectKind, Service, Step, World } from './world.ts';

export interface Timer {
  due: number;
  readonly once: boolean;
  /** It has been called since anything happened. */
  idle: boolean;
}

interface Armed extends Timer {
  readonly everyMs: number;
  readonly work: () => void;
}

interface Request {
  /** Requests of one lane happen in order. */
  readonly lane: string;
  readonly step: Step;
}

/** Something of a process that can take a next step, such as a consumer. */
export interface Actor {
  offer(can: (step: Step) => void): void;
  /** Its process died or is stopped: others get what it held. */
  leave(): void;
  /** Its process goes on after others got what it held. */
  return(): void;
}

export class ModelProcess {
  readonly service: Service;
  readonly world: World;
  readonly schedule: Schedule;
  readonly #actors: Actor[] = [];
  #timers: Armed[] = [];
  #requests: Request[] = [];
  #dead = false;
  #stalled = false;
  #wakeAt = 0;

  constructor(world: World, service: Service) {
    this.world = world;
    this.service = service;
    this.schedule = {
      now: () => world.now,
      after: (ms, work) => this.#arm(ms, work, true),
      every: (ms, work) => this.#arm(ms, work, false),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  start(): void {
    this.service.start(this).catch((error: unknown) => this.fail(error));
  }

  /** What a supervisor would see: in a model where nothing is wrong but crashes it must not happen. */
  fail(error: unknown): void {
    if (!this.#dead) this.world.faults.push(`${this.service.name} failed: ${(error as Error).stack}`);
  }

  add(actor: Actor): void {
    this.#actors.push(actor);
  }

  /** Something that happens later, if the process lives; `land` does it and gives the answer. */
  request<T>(
    lane: string,
    effect: { kind: EffectKind; what: string } | undefined,
    land: () => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      // Who is dead asks nobody, and is never answered.
      if (this.#dead) return;
      const step: Step = {
        ...(effect && { effect }),
        run: () => {
          this.#requests = this.#requests.filter((each) => each.step !== step);
          try {
            const answer = land();
            resolve(answer);
          } catch (error) {
            reject(error as Error);
          }
        },
      };
      this.#requests.push({ lane, step });
    });
  }

  /** Names every step that it could take next. */
  offer(can: (step: Step) => void): void {
    if (this.#stalled) {
      if (this.world.now >= this.#wakeAt) can({ run: () => this.wake() });
      return;
    }
    for (const [i, { lane, step }] of this.#requests.entries())
      if (this.#requests.findIndex((each) => each.lane === lane) === i) can(step);
    for (const actor of this.#actors) actor.offer(can);
    for (const timer of this.#timers)
      if (timer.due <= this.world.now) can({ recurring: !timer.once, run: () => this.#fire(timer) });
  }

  timers(): readonly Timer[] {
    return this.#stalled ? [] : this.#timers;
  }

  /** Something has happened: timers may have work again. */
  busy(): void {
    for (const timer of this.#timers) timer.idle = false;
  }

  die(): void {
    this.#dead = true;
    this.#requests = [];
    this.#timers = [];
    for (const actor of this.#actors) actor.leave();
  }

  /** SIGSTOP, for longer than a group waits: what it was asking for is still on its way when it wakes up. */
  stall(wakeAt: number): void {
    this.#stalled = true;
    this.#wakeAt = wakeAt;
    for (const actor of this.#actors) actor.leave();
  }

  /** SIGCONT. */
  wake(): void {
    this.#stalled = false;
    for (const actor of this.#actors) actor.return();
    this.busy();
  }

  #arm(ms: number, work: () => void, once: boolean): () => void {
    const timer: Armed = { due: this.world.now + ms, once, idle: false, everyMs: ms, work };
    if (!this.#dead) this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  #fire(timer: Armed): void {
    if (timer.once) this.#timers = this.#timers.filter((each) => each !== timer);
    else {
      timer.due = this.world.now + timer.everyMs;
      timer.idle = true;
    }
    timer.work();
  }
}
