import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { eventually } from './otlp-client.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A program of ours as a user starts it, with its screen. */
export class Program {
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  /** Standard output alone. */
  output = '';
  /** Output and errors as they came. */
  screen = '';

  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#process = spawn(process.execPath, [path.join(root, file), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exit = once(this.#process, 'close');
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
      this.screen += chunk.toString();
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.screen += chunk.toString();
    });
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The exit code. */
  async exit(): Promise<number | null> {
    await this.#exit;
    return this.#process.exitCode;
  }

  async shows(text: string): Promise<void> {
    await eventually(`${text}\n--- in ---\n${this.screen}`, async () => {
      if (this.screen.includes(text)) return true;
      if (!this.running) throw new Error(`ended without showing "${text}":\n${this.screen}`);
      return undefined;
    });
  }
}
