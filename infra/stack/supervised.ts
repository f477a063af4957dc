import { setTimeout as wait } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { UserError } from '../errors.ts';
import { Child } from './child.ts';
import type { Service } from './services.ts';

/** So many deaths within a minute, and the installation gives up. */
const MOST_DEATHS = 5;
const DEATHS_WITHIN_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

export interface SupervisorOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly logDir: string;
  readonly stopDeadlineMs: number;
  /** A service died and is started again. */
  readonly onDeath: (service: Service, lastWords: string) => void;
  /** A service died too often. */
  readonly onGiveUp: (error: UserError) => void;
}

/** A service that is started again whenever it dies, with a growing pause. */
export class Supervised {
  readonly service: Service;
  readonly #options: SupervisorOptions;
  readonly #deaths: number[] = [];
  #child: Child;
  #stopping = false;
  /** The signal that killed it was ours: no sign of anything wrong. */
  #killed = false;
  /** Resolves when the process after the latest death is ready. */
  #back: PromiseWithResolvers<void> = Promise.withResolvers();

  private constructor(service: Service, options: SupervisorOptions) {
    this.service = service;
    this.#options = options;
    this.#child = this.#spawn();
  }

  /** Starts it and waits until it is ready; rejects with its own words when it ends before. */
  static async start(service: Service, options: SupervisorOptions, signal: AbortSignal): Promise<Supervised> {
    const supervised = new Supervised(service, options);
    const abort = () => void supervised.stop();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await supervised.#child.ready;
    } catch (error) {
      throw new UserError(error instanceof Error ? error.message : String(error));
    } finally {
      signal.removeEventListener('abort', abort);
    }
    void supervised.#watch();
    return supervised;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal and, for SIGKILL, waits until the process is gone. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (signal === 'SIGKILL') this.#killed = true;
    child.signal(signal);
    if (signal === 'SIGKILL') await child.exited;
  }

  /** Resolves when the process that follows the latest death is ready. */
  back(): Promise<void> {
    return this.#back.promise;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#child.stop(this.#options.stopDeadlineMs);
  }

  #spawn(): Child {
    const { config, env, logDir } = this.#options;
    return new Child(this.service, { ...env, ...this.service.env?.(config) }, logDir);
  }

  async #watch(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await this.#child.exited;
      if (this.#stopping) return;
      this.#options.onDeath(this.service, this.#child.lastWords);
      if (!this.#killed && this.#tooOften()) {
        const words = this.#child.lastWords;
        this.#options.onGiveUp(
          new UserError(`${this.service.name} died ${MOST_DEATHS} times within a minute: ${words}`),
        );
        return;
      }
      await wait(pause);
      if (this.#stopping) return;
      const back = this.#back;
      this.#killed = false;
      this.#child = this.#spawn();
      const up = await this.#child.ready.then(
        () => true,
        () => false,
      );
      if (!up) continue;
      pause = FIRST_PAUSE_MS / 2;
      this.#back = Promise.withResolvers();
      back.resolve();
    }
  }

  #tooOften(): boolean {
    const now = performance.now();
    this.#deaths.push(now);
    while (this.#deaths[0] < now - DEATHS_WITHIN_MS) this.#deaths.shift();
    return this.#deaths.length >= MOST_DEATHS;
  }
}
