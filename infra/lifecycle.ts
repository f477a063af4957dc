import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from './log.ts';

/** In this order: take nothing new; write what is held; commit what is written; close connections. */
export const STOP_STAGES = ['draining', 'flushed', 'committed', 'closed'] as const;
export type StopStage = (typeof STOP_STAGES)[number];
export type LifecycleState = 'starting' | 'ready' | StopStage;

interface Hook {
  readonly stage: StopStage;
  readonly name: string;
  readonly run: () => unknown;
}

/** Each stage may take this long; then its other hooks and the next stage begin all the same, and the exit code says so. */
const STAGE_DEADLINE_MS = 10_000;

/** The one ordered lifecycle of a process: starting → ready → draining → flushed → committed → closed. */
export class Lifecycle {
  readonly #log: Logger;
  readonly #deadlineMs: number;
  readonly #hooks: Hook[] = [];
  #state: LifecycleState = 'starting';
  #stopping: Promise<number> | undefined;
  #fatal: ((error: unknown) => void) | undefined;
  #waitsFor: string | undefined;

  constructor(log: Logger, deadlineMs = STAGE_DEADLINE_MS) {
    this.#log = log;
    this.#deadlineMs = deadlineMs;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  get ready(): boolean {
    return this.#state === 'ready';
  }

  /** The step of the stop that is under way. */
  get waitsFor(): string | undefined {
    return this.#waitsFor;
  }

  markReady(): void {
    if (this.#state === 'starting') this.#state = 'ready';
  }

  /** Registers what to do at a stage; within a stage the last registered runs first, as connections nest. */
  onStop(stage: StopStage, name: string, run: () => unknown): void {
    this.#hooks.unshift({ stage, name, run });
  }

  /** Who ends the process after a fatal error (`runProcess` sets it). */
  onFatal(handler: (error: unknown) => void): void {
    this.#fatal = handler;
  }

  /** Reports an error that this process can't go on after. */
  fatal(error: unknown): void {
    if (this.#fatal) this.#fatal(error);
    else throw error;
  }

  /** Runs every stage once, whoever asks and however often; gives 0, or 1 when a hook failed or took too long. */
  stop(): Promise<number> {
    this.#stopping ??= this.#run();
    return this.#stopping;
  }

  async #run(): Promise<number> {
    let code = 0;
    for (const stage of STOP_STAGES) {
      this.#state = stage;
      const endsAt = performance.now() + this.#deadlineMs;
      for (const hook of this.#hooks.filter((each) => each.stage === stage)) {
        if (!(await this.#finish(hook, Math.max(0, endsAt - performance.now())))) code = 1;
      }
    }
    return code;
  }

  async #finish(hook: Hook, withinMs: number): Promise<boolean> {
    const timer = new AbortController();
    const late = wait(withinMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
    this.#waitsFor = hook.name;
    try {
      const end = await Promise.race([Promise.resolve().then(hook.run), late]);
      if (end === 'late') {
        this.#log.error({ stage: hook.stage, hook: hook.name }, `${hook.name} did not stop in time`);
        return false;
      }
      return true;
    } catch (error) {
      this.#log.error({ err: error, stage: hook.stage, hook: hook.name }, `${hook.name} failed to stop`);
      return false;
    } finally {
      this.#waitsFor = undefined;
      timer.abort();
    }
  }
}
