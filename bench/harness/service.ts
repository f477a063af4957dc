/** The processes of a variant: ours and the peers', each fresh, each with its CPU. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMs, residentBytes } from './cpu.ts';
import { profilerFlags } from './profiling.ts';
import { endWithUs } from './reaper.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const KEPT_OUTPUT = 16_000;
const STOP_DEADLINE_MS = 30_000;

export interface Service {
  readonly pid: number;
  /** Milliseconds of CPU so far, user and system, all threads. Throws when it is gone. */
  cpuMs(): number;
  residentBytes(): number;
  /** Rejects with its last words when it ends before it is asked to: race it against what you wait for. */
  readonly died: Promise<never>;
  /** SIGTERM; SIGKILL after half a minute. Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface NodeService {
  /** From the project's folder: `processors/main.ts`. */
  readonly file: string;
  /** Beside PATH and HOME: nothing else of this process's environment reaches it. */
  readonly env: Readonly<Record<string, string>>;
  /** What it is called in profiles; default: its folder. */
  readonly name?: string;
  readonly args?: readonly string[];
  /** What it tells beside `ready`. */
  readonly onMessage?: (message: unknown) => void;
}

/** Starts one of our processes, or a peer that runs on Node, and waits for its message `ready`. */
export async function startNodeService({
  file,
  env,
  name,
  args = [],
  onMessage,
}: NodeService): Promise<Service> {
  const child = fork(path.join(PROJECT, file), [...args], {
    env: { ...inherited(), ...env },
    execArgv: profilerFlags(name ?? path.basename(path.dirname(file))),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const service = watched(child, file);
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (message === 'ready') resolve();
      else onMessage?.(message);
    });
  });
  await Promise.race([ready, service.died]);
  return service;
}

/** Starts any program (a real Collector); `ready` resolves when it serves. */
export async function startProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: () => Promise<unknown>,
): Promise<Service> {
  const child = spawn(command, args, { env: { ...inherited(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const service = watched(child, path.basename(command));
  try {
    await Promise.race([ready(), service.died]);
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

function inherited(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME };
}

function watched(child: ChildProcess, name: string): Service {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    });
  const gone = once(child, 'close');
  let asked = false;
  if (child.pid !== undefined) {
    const forget = endWithUs(child.pid);
    child.once('exit', forget);
  }
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (!asked) reject(new Error(`${name} ended with ${signal ?? `code ${code}`}: ${output.trim()}`));
    });
  });
  // Whoever does not race it learns it from what never comes.
  died.catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    cpuMs: () => cpuMs(child.pid ?? -1),
    residentBytes: () => residentBytes(child.pid ?? -1),
    died,
    async stop() {
      asked = true;
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await gone;
      clearTimeout(late);
    },
  };
}
