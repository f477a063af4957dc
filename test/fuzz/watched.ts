/** A fuzzing process under watch: what hangs, dies or eats the memory is ended and its input told. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './judge.ts';
import type { Said, Task } from './messages.ts';
import { MEMORY_BYTES } from './target.ts';

const WORKER = fileURLToPath(new URL('./fuzz.worker.ts', import.meta.url));
/** No sign of life for so long: it hangs. Starting an engine takes a while, too. */
const HANGS_MS = 30_000;
/** What is said of it. */
const HANGS = 'hangs';
const START_MS = 90_000;
const HEAP_MB = 1_024;
/** Kills that a target may cause before it is left alone. */
const MOST_KILLS = 5;

export interface Found extends Verdict {
  readonly input: Uint8Array;
}

export interface TargetReport {
  readonly name: string;
  inputs: number;
  seconds: number;
  reached: number;
  corpus: number;
  readonly found: Found[];
  readonly notes: string[];
}

export interface WatchOptions {
  readonly seed: number;
  readonly seconds: number;
  /** No sign of life for so long (ms) is a hang. */
  readonly hangsMs?: number;
  progress(report: TargetReport): void;
  readonly signal?: AbortSignal;
}

/** Fuzzes the target of a module for so long; when its process ends early, what is left of the time in another. */
export async function fuzzWatched(
  name: string,
  module: string,
  options: WatchOptions,
): Promise<TargetReport> {
  const report: TargetReport = { name, inputs: 0, seconds: 0, reached: 0, corpus: 0, found: [], notes: [] };
  const place = mkdtempSync(path.join(tmpdir(), 'ati-fuzz-'));
  const greedy: Uint8Array[] = [];
  try {
    for (let kills = 0; kills < MOST_KILLS && report.seconds < options.seconds; kills++) {
      if (options.signal?.aborted) break;
      const current = path.join(place, `current-${kills}`);
      const before = report.inputs;
      const task: Task = {
        type: 'fuzz',
        module,
        seed: options.seed + kills,
        seconds: options.seconds - report.seconds,
        current,
        known: report.found.map(({ key }) => key),
      };
      const began = performance.now();
      const why = await watch(task, options, (said) => {
        if (said.type === 'greedy') greedy.push(Buffer.from(said.input, 'base64'));
        else if (said.type === 'crasher')
          report.found.push({ ...said, input: Buffer.from(said.input, 'base64') });
        else if (said.type !== 'replayed') {
          report.inputs = before + said.inputs;
          report.reached = said.reached;
          report.corpus = said.corpus;
          options.progress(report);
        }
      });
      report.seconds += (performance.now() - began) / 1_000;
      if (why === undefined) break;
      const input = currentOf(current);
      if (why !== HANGS || (await replayed(module, input, place, options.hangsMs)) !== undefined)
        report.found.push({ key: why, message: why, input });
      else
        report.notes.push(
          'no sign of life for a while, but its last input runs by itself: the machine was busy',
        );
    }
    for (const input of greedy) {
      const verdict = await replayed(module, input, place);
      if (verdict !== undefined) report.found.push({ ...verdict, input });
    }
    return report;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Runs one input in a process of its own: what is wrong with it, or undefined. */
export async function replayed(
  module: string,
  input: Uint8Array,
  place: string,
  hangsMs = HANGS_MS,
): Promise<Verdict | undefined> {
  const file = path.join(place, 'input');
  writeFileSync(file, input);
  const child = worker();
  let verdict: Verdict | undefined;
  let answered = false;
  let late = setTimeout(() => child.kill('SIGKILL'), START_MS);
  child.on('message', (said: Said) => {
    if (said.type === 'progress') {
      clearTimeout(late);
      late = setTimeout(() => child.kill('SIGKILL'), hangsMs);
    }
    if (said.type !== 'replayed') return;
    answered = true;
    const { key, message, bytes } = said;
    if (key !== undefined) verdict = { key, message: message ?? key };
    else if (bytes > MEMORY_BYTES)
      verdict = { key: 'memory', message: `took ${bytes >> 20} MiB, more than ${MEMORY_BYTES >> 20}` };
  });
  child.send({ type: 'replay', module, file });
  const [code, signal] = await once(child, 'exit');
  clearTimeout(late);
  if (answered) return verdict;
  const why = `the process ended (${signal ?? code}) without an answer`;
  return { key: why, message: why };
}

function worker(): ChildProcess {
  return fork(WORKER, [], {
    execArgv: [`--max-old-space-size=${HEAP_MB}`, '--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Why the process had to be ended, or ended; undefined when its time was over. */
async function watch(
  task: Task,
  options: WatchOptions,
  hear: (said: Said) => void,
): Promise<string | undefined> {
  const child = worker();
  let done = false;
  let hung = false;
  let alive = performance.now();
  let patience = START_MS;
  let running = '';
  child.on('message', (said: Said) => {
    alive = performance.now();
    patience = options.hangsMs ?? HANGS_MS;
    done ||= said.type === 'done';
    hear(said);
  });
  const looking = setInterval(() => {
    // Minimising changes nothing here, and takes less than half of the patience.
    const now = fingerprint(task.current);
    if (now !== running) {
      running = now;
      alive = performance.now();
    }
    if (performance.now() - alive < patience) return;
    hung = true;
    child.kill('SIGKILL');
  }, 1_000);
  const abort = () => void child.kill('SIGKILL');
  options.signal?.addEventListener('abort', abort);
  child.send(task);
  const [code, signal] = await once(child, 'exit');
  clearInterval(looking);
  options.signal?.removeEventListener('abort', abort);
  if (done || options.signal?.aborted) return undefined;
  return hung ? HANGS : `the process ended with ${signal ?? `code ${code}`}`;
}

function fingerprint(file: string): string {
  return currentOf(file).subarray(0, 4_096).toString('latin1');
}

function currentOf(file: string): Buffer {
  try {
    const bytes = readFileSync(file);
    return bytes.length < 4 ? Buffer.alloc(0) : bytes.subarray(4, 4 + bytes.readUInt32LE());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
