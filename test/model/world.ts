/**
 * Where the model runs: virtual time, processes, and every step between them. One step at a time is chosen, by a seed, among
 * all that could happen next, so that requests overtake one another as on a network; the same seed gives the same run.
 */
import { setImmediate as settled } from 'node:timers/promises';
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { ModelProcess } from './process.ts';

/** What changes something that survives a crash; each is a crash point, before it happens and after. */
export type EffectKind = 'produce' | 'commit' | 'write' | 'assign';

export interface Point {
  /** 0, 1, 2 … over a run. */
  readonly index: number;
  readonly kind: EffectKind;
  readonly process: string;
  /** The topic, table or group. */
  readonly what: string;
}

/**
 * `before`: the process dies and the effect never happens; `after`: it happens and the process dies before it learns of
 * it; `stall`: the process is stopped with the request on its way, others take over, and it wakes up in the midst of their
 * work or after it.
 */
export type Fate = 'before' | 'after' | 'stall';

/** Something that can happen next. */
export interface Step {
  /** Undefined where nothing that survives changes. */
  readonly effect?: { readonly kind: EffectKind; readonly what: string };
  /** A timer that is called again and again: no sign of work. */
  readonly recurring?: boolean;
  run(): void;
}

/** A service that may be started again after it has died. */
export interface Service {
  readonly name: string;
  start(process: ModelProcess): Promise<void>;
}

/** When virtual time begins, as a clock on the wall shows it. */
export const START_UNIX_MS = 1_700_000_000_000;
/** Virtual milliseconds after which a dead process is started again. */
const RESTART_MS = 30;
const LONGEST_STALL_MS = 1_000;
/** More steps than any sound run takes. */
const MAX_STEPS = 200_000;

export class World {
  /** Virtual milliseconds. */
  now = 0;
  readonly points: Point[] = [];
  /** What must not happen: the run is void. */
  readonly faults: string[] = [];
  readonly random: Random;
  readonly #fates: ReadonlyMap<number, Fate>;
  #processes: ModelProcess[] = [];
  steps = 0;

  constructor(seed: number, fates: ReadonlyMap<number, Fate> = new Map()) {
    this.random = new Random(seedBytes('world', seed));
    this.#fates = fates;
  }

  /** Unix ms, as brokers and processes would read it from their clocks. */
  get unixMs(): number {
    return START_UNIX_MS + this.now;
  }

  /** An integer of [least, most]. */
  choice(least: number, most: number): number {
    return least + Math.floor(this.random.between(0, most - least + 1));
  }

  start(service: Service): ModelProcess {
    const process = new ModelProcess(this, service);
    this.#processes.push(process);
    process.start();
    return process;
  }

  /** Runs until nothing more would happen, dead processes started again and stalled ones woken up. */
  async quiet(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      await this.#run(until);
      const asleep = this.#processes.filter((each) => each.stalled);
      if (asleep.length === 0 || until !== Number.POSITIVE_INFINITY) return;
      for (const each of asleep) each.wake();
    }
  }

  /** Ends a process in mid-work; a new one takes its place. */
  crash(process: ModelProcess): void {
    process.die();
    this.#processes = this.#processes.filter((each) => each !== process);
    this.#later(process);
  }

  stop(process: ModelProcess): void {
    process.die();
    this.#processes = this.#processes.filter((each) => each !== process);
  }

  #later({ service }: ModelProcess): void {
    const starter = new ModelProcess(this, { name: `start ${service.name}`, start: async () => {} });
    this.#processes.push(starter);
    starter.schedule.after(RESTART_MS, () => {
      this.#processes = this.#processes.filter((each) => each !== starter);
      this.start(service);
    });
  }

  async #run(until: number): Promise<void> {
    for (;;) {
      // Everything that is ready to run has run, whatever it awaits.
      await settled();
      if (this.faults.length > 0) return;
      if (++this.steps > MAX_STEPS) throw new Error(`the model has found no end after ${MAX_STEPS} steps`);
      const next = this.#next(until);
      if (next === undefined) return;
      const [process, step] = next;
      this.now += this.choice(1, 3);
      if (step.recurring !== true) for (const each of this.#processes) each.busy();
      if (step.effect === undefined) step.run();
      else this.#effect(process, step, step.effect);
    }
  }

  /** One of all that can happen now; else time goes on to the next timer. */
  #next(until: number): [ModelProcess, Step] | undefined {
    for (;;) {
      if (this.now >= until) return undefined;
      const possible: [ModelProcess, Step][] = [];
      for (const process of this.#processes) process.offer((step) => possible.push([process, step]));
      if (possible.length > 0) return possible[this.choice(0, possible.length - 1)];
      const due = this.#nextDue();
      if (due === undefined) return undefined;
      this.now = Math.max(this.now, Math.min(due, until));
    }
  }

  /** When the next timer is due; undefined where only timers are left that have done nothing when last called. */
  #nextDue(): number | undefined {
    const timers = this.#processes.flatMap((each) => each.timers());
    const useful = timers.filter((timer) => timer.once || !timer.idle);
    return useful.length === 0 ? undefined : Math.min(...timers.map((timer) => timer.due));
  }

  #effect(process: ModelProcess, step: Step, { kind, what }: NonNullable<Step['effect']>): void {
    const index = this.points.length;
    this.points.push({ index, kind, process: process.service.name, what });
    const fate = this.#fates.get(index);
    if (fate === 'before') this.crash(process);
    else if (fate === 'stall') {
      process.stall(this.now + this.choice(1, LONGEST_STALL_MS));
      // Started beside the one that is stopped, as an operator or another machine would.
      this.start(process.service);
    } else {
      step.run();
      if (fate === 'after') this.crash(process);
    }
  }
}
