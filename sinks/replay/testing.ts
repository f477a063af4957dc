/** For tests: a command of this wing as the process that a user starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Command {
  readonly child: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals>;
  stdout(): string;
  stderr(): string;
}

/** `file`: below sinks/. */
export function startCommand(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Command {
  const main = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
    });
  return {
    child,
    exited: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals),
    stdout: () => text.stdout,
    stderr: () => text.stderr,
  };
}

/** Its end, with what it wrote. */
export async function runToEnd(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | NodeJS.Signals; stdout: string; stderr: string }> {
  const command = startCommand(file, args, env);
  const code = await command.exited;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}
