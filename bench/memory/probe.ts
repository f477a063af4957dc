/**
 * Preloaded into a process under measurement (`node --expose-gc --import`): at SIGUSR2 each thread collects its garbage, and
 * one line with what is left is added to BENCH_MEMORY_FILE. It waits for BENCH_MEMORY_THREADS worker threads; those of Piscina
 * hear it only with PISCINA_DISABLE_ATOMICS=1.
 */
import { appendFileSync } from 'node:fs';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/** One line of the file, in bytes. */
export interface Left {
  /** Of the process, as the system counts. */
  readonly resident: number;
  /** Of all threads: JavaScript's heaps, and buffers outside of them. */
  readonly heap: number;
  readonly buffers: number;
}

const channel = new BroadcastChannel('bench-memory');
channel.unref();
// A channel that nothing else refers to is garbage as well.
Object.assign(globalThis, { benchMemory: channel });

function collect(): Omit<Left, 'resident'> {
  // Twice: what a finaliser has let go of is free only afterwards.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

if (isMainThread) {
  const { BENCH_MEMORY_FILE: file = '', BENCH_MEMORY_THREADS: threads } = process.env;
  let asked = 0;
  let heard: Omit<Left, 'resident'>[] = [];
  channel.onmessage = ({ data }) => {
    if (data.asked !== asked) return;
    heard.push(data);
    if (heard.length < Number(threads)) return;
    const all = [...heard, collect()];
    const left: Left = {
      resident: process.memoryUsage().rss,
      heap: all.reduce((sum, { heap }) => sum + heap, 0),
      buffers: all.reduce((sum, { buffers }) => sum + buffers, 0),
    };
    appendFileSync(file, `${JSON.stringify(left)}\n`);
  };
  process.on('SIGUSR2', () => {
    heard = [];
    channel.postMessage(++asked);
  });
} else {
  channel.onmessage = ({ data }) => {
    // Other threads' answers are heard too.
    if (typeof data === 'number') channel.postMessage({ asked: data, ...collect() });
  };
}
