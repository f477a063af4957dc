/** For tests: one of our processes, forked as the stack does it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface ForkedProcess {
  readonly child: ChildProcess;
  /** Resolves when it says that it is ready; rejects with what it wrote when it ends before. */
  readonly ready: Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  stdout(): string;
  stderr(): string;
  /** Both, as they came. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** The same if it still runs, and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** Forks `file` with nothing but `env` as its environment. */
export function forkProcess(file: string, env: NodeJS.ProcessEnv): ForkedProcess {
  // Its own flags only: a test runner's loaders are not for it.
  const child = fork(file, [], { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const text = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
      text.both += piece;
    });
  }
  // Not `exit`: what it wrote last is to be read first.
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const ready = Promise.race([
    once(child, 'message').then(() => undefined),
    exited.then((end) => Promise.reject(new Error(`${file} ended (${end}): ${text.stderr || text.stdout}`))),
  ]);
  // Whoever waits for its end only does not look at this.
  ready.catch(() => undefined);
  return {
    child,
    ready,
    exited,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    output: () => text.both,
    kill: (signal) => void child.kill(signal),
    end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}
