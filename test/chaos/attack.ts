/** Carries out the schedule, each fault at its time whatever is still down, and watches how long each recovery takes. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '#infra/errors.ts';
import type { ChaosInstallation } from './installation.ts';
import { describeFault, type Fault, type Target } from './schedule.ts';

/** After the last fault everything has so long to come back: a busy machine takes a minute to start a JVM. */
const PATIENCE_MS = 240_000;

export interface Happened {
  readonly fault: Fault;
  /** ms from the start of the load. */
  atMs: number;
  /** From the kill, the SIGCONT or the start to `ready`, ms; undefined where it did not come back. */
  recoveryMs?: number;
}

export class Attack {
  readonly happened: Happened[] = [];
  readonly problems: string[] = [];
  readonly #installation: ChaosInstallation;
  readonly #say: (line: string) => void;
  readonly #recoveries: Promise<void>[] = [];
  readonly #began = performance.now();
  /** Up to which whatever failed is waited for. */
  #deadline = Number.POSITIVE_INFINITY;
  /** The broker's latest fault, until it is over: one that never gets beyond its start would show nothing. */
  #broker: Promise<void> = Promise.resolve();
  /** The latest addition or removal: who is there is as scheduled, however long a start takes. */
  #change: Promise<void> = Promise.resolve();

  constructor(installation: ChaosInstallation, say: (line: string) => void) {
    this.#installation = installation;
    this.#say = say;
  }

  async run(schedule: readonly Fault[], signal: AbortSignal): Promise<void> {
    this.#deadline = this.#began + Math.max(...schedule.map(({ atMs }) => atMs)) + PATIENCE_MS;
    for (const fault of schedule) {
      const early = fault.atMs - this.#now();
      if (early > 0) await wait(early, undefined, { signal });
      signal.throwIfAborted();
      const happened: Happened = { fault, atMs: this.#now() };
      this.happened.push(happened);
      // Nobody waits for it: faults overlap.
      const before = fault.target === 'broker' ? this.#broker : this.#change;
      const done = this.#carryOut(happened, signal, before).catch((error: unknown) => {
        if (!signal.aborted) this.problems.push(`${describeFault(fault)}: ${messageOf(error)}`);
      });
      if (fault.target === 'broker') this.#broker = done;
      if (fault.kind === 'add' || fault.kind === 'remove') this.#change = done;
      this.#recoveries.push(done);
    }
  }

  /** Resolves when everything that failed is back, or is known not to come. */
  async recovered(): Promise<void> {
    await Promise.all(this.#recoveries);
  }

  async #carryOut(happened: Happened, signal: AbortSignal, before: Promise<void>): Promise<void> {
    const { fault } = happened;
    const { target } = fault;
    // A kill waits only where its target is still being added; it may meet the others in the middle of a change.
    const waits = target === 'broker' || !this.#installation.targets.includes(target);
    if (waits || fault.kind === 'remove') await before;
    happened.atMs = this.#now();
    this.#say(describeFault(fault));
    let from = performance.now();
    switch (fault.kind) {
      case 'kill':
        await this.#installation.kill(target);
        from = performance.now();
        break;
      case 'stop': {
        const thaw = this.#installation.freeze(target);
        await wait(fault.forMs, undefined, { signal }).finally(thaw);
        from = performance.now();
        break;
      }
      case 'add':
        await this.#add(target);
        break;
      case 'remove':
        await this.#installation.remove(target);
        return;
    }
    if (await this.#ready(target, signal)) happened.recoveryMs = performance.now() - from;
    else if (!signal.aborted)
      this.problems.push(
        `${describeFault(fault)}: not ready again ${PATIENCE_MS / 1_000} s after the last fault`,
      );
  }

  /** A broker that is away at that moment refuses the start, as it would an operator's. */
  async #add(target: Target): Promise<void> {
    for (;;) {
      try {
        return await this.#installation.add(target);
      } catch (error) {
        if (performance.now() > this.#deadline) throw error;
        this.#say(`${target} could not start, again: ${messageOf(error).split('\n')[0]}`);
        await wait(1_000);
      }
    }
  }

  async #ready(target: Target, signal: AbortSignal): Promise<boolean> {
    while (performance.now() < this.#deadline && !signal.aborted) {
      // One that was removed meanwhile has nothing to come back for.
      if (!this.#installation.targets.includes(target)) return true;
      if (await this.#installation.ready(target)) return true;
      await wait(50);
    }
    return false;
  }

  #now(): number {
    return performance.now() - this.#began;
  }
}
