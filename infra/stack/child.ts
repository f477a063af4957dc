import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { Service } from './services.ts';

const KEPT_ERROR_BYTES = 4_000;

/** One running process of a service. */
export class Child {
  readonly service: Service;
  readonly #process: ChildProcess;
  readonly exited: Promise<void>;
  /** Resolves once the process says that it is ready; rejects with its last words when it ends before. */
  readonly ready: Promise<void>;
  #lastWords = '';
  #ended = false;
  #asked = false;

  constructor(service: Service, env: NodeJS.ProcessEnv, logDir: string) {
    this.service = service;
    const log = createWriteStream(logFile(logDir, service.name), { flags: 'a' });
    this.#process = fork(service.file, [], {
      env,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C at the terminal reaches the stack only, which stops the services in order.
      detached: true,
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      log.write(chunk);
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-KEPT_ERROR_BYTES);
    });
    this.exited = new Promise((resolve) => {
      this.#process.once('close', () => {
        this.#ended = true;
        log.end(resolve);
      });
    });
    const ready = new Promise<void>((resolve) => {
      this.#process.on('message', (message) => {
        if (message === 'ready') resolve();
      });
    });
    this.ready = Promise.race([ready, this.exited.then(() => Promise.reject(new Error(this.lastWords)))]);
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What it wrote on standard error last: one clear sentence, if it keeps the house rules. */
  get lastWords(): string {
    const { exitCode, signalCode } = this.#process;
    return this.#lastWords.trim() || `${this.service.name} ended with ${signalCode ?? `code ${exitCode}`}`;
  }

  /** Sends a signal; false when the process is gone already. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#process.kill(signal);
  }

  /** Stops it in order; kills it after the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#ended) return;
    // Once: a second one would end its stop where it is.
    if (!this.#asked) this.signal('SIGTERM');
    this.#asked = true;
    const late = setTimeout(() => this.signal('SIGKILL'), deadlineMs);
    await this.exited;
    clearTimeout(late);
  }
}

/** The log of this start; the one of the start before is kept beside it. */
function logFile(dir: string, name: string): string {
  return path.join(dir, `${name}.log`);
}

/** Moves a service's log aside at the start of an installation. */
export function rotateLog(dir: string, name: string): void {
  const file = logFile(dir, name);
  if (existsSync(file)) renameSync(file, `${file}.1`);
}
