/** Carries out the schedule, each fault at its time whatever is still down, and watches how long each recovery takes. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '#infra/errors.ts';
import type { ChaosInstallation } from './installation.ts';
import { describeFault, type Fault, type Target } from './schedule.ts';

const PATIENCE_MS = 120_000;

export interface Happened {
  readonly fault: Fault;
  /** ms from the start of the load. */
  readonly atMs: number;
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

  constructor(installation: ChaosInstallation, say: (line: string) => void) {
    this.#installation = installation;
    this.#say = say;
  }

  async run(schedule: readonly Fault[], signal: AbortSignal): Promise<void> {
    for (const fault of schedule) {
      const early = fault.atMs - this.#now();
      if (early > 0) await wait(early, undefined, { signal });
      signal.throwIfAborted();
      this.#say(describeFault(fault));
      const happened: Happened = { fault, atMs: this.#now() };
      this.happened.push(happened);
      // Nobody waits for it: faults overlap.
      const done = this.#carryOut(happened, signal).catch((error: unknown) => {
        if (!signal.aborted) this.problems.push(`${describeFault(fault)}: ${messageOf(error)}`);
      });
      this.#recoveries.push(done);
    }
  }

  /** Resolves when everything that failed is back, or is known not to come. */
  async recovered(): Promise<void> {
    await Promise.all(this.#recoveries);
  }

  async #carryOut(happened: Happened, signal: AbortSignal): Promise<void> {
    const { fault } = happened;
    const { target } = fault;
    if (fault.kind !== 'add') await this.#there(target, signal);
    switch (fault.kind) {
      case 'kill':
        await this.#installation.kill(target);
        break;
      case 'stop':
        await this.#installation.signal(target, 'SIGSTOP');
        await wait(fault.forMs, undefined, { signal });
        await this.#installation.signal(target, 'SIGCONT');
        break;
      case 'add':
        await this.#add(target);
        break;
      case 'remove':
        await this.#installation.remove(target);
        return;
    }
    const from = performance.now();
    if (await this.#ready(target, signal)) happened.recoveryMs = performance.now() - from;
    else if (!signal.aborted)
      this.problems.push(`${describeFault(fault)}: not ready again after ${PATIENCE_MS / 1_000} s`);
  }

  /** One that is being added may take its time, when a broker is away. */
  async #there(target: Target, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.#installation.targets.includes(target) && performance.now() < deadline)
      await wait(50, undefined, { signal });
  }

  /** A broker that is away at that moment refuses the start, as it would an operator's. */
  async #add(target: Target): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#installation.add(target);
      } catch (error) {
        if (performance.now() > deadline) throw error;
        this.#say(`${target} could not start, again: ${messageOf(error).split('\n')[0]}`);
        await wait(1_000);
      }
    }
  }

  async #ready(target: Target, signal: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline && !signal.aborted) {
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
