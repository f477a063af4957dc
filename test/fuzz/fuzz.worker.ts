/** A process that fuzzes one target, or runs one input; its parent watches over it (see watched.ts). */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Coverage } from './coverage.ts';
import { fuzz } from './fuzzer.ts';
import { judge } from './judge.ts';
import type { Replay, Said, Task } from './messages.ts';
import { minimise } from './minimise.ts';
import { MEMORY_BYTES, type Target } from './target.ts';

const say = (said: Said) =>
  new Promise<void>((resolve, reject) =>
    process.send?.(said, (error: Error | null) => (error === null ? resolve() : reject(error))),
  );
const base64 = (input: Uint8Array) => Buffer.from(input).toString('base64');
const peak = () => process.resourceUsage().maxRSS * 1024;
/** Only an input that takes so long can have touched so much memory. */
const MEMORY_TAKES_MS = 20;
const SAY_EVERY_MS = 500;
const STARTED: Said = { type: 'progress', inputs: 0, reached: 0, corpus: 0 };

process.once('message', (given: Task | Replay) => void begin(given));
// Ctrl-C is the parent's business.
process.on('SIGINT', () => undefined);

async function begin(given: Task | Replay): Promise<void> {
  const { target } = (await import(pathToFileURL(given.module).href)) as { target: Target };
  if (given.type === 'replay') await replay(target, given);
  else await run(target, given);
  process.disconnect();
  process.exit(0);
}

async function replay(target: Target, { file }: Replay): Promise<void> {
  const started = await target.start();
  // From now on its patience is that for one input.
  await say(STARTED);
  const before = peak();
  const { verdict, ms } = await judge(started, Uint8Array.from(readFileSync(file)));
  await say({ type: 'replayed', ...verdict, ms, bytes: peak() - before });
  await started.stop?.();
}

async function run(target: Target, task: Task): Promise<void> {
  const coverage = new Coverage();
  coverage.start();
  const started = await target.start();
  await say(STARTED);
  const known = new Set(task.known);
  const file = openSync(task.current, 'w');
  let scratch = Buffer.alloc(64 << 10);
  let most = peak();
  let said = 0;
  const until = performance.now() + task.seconds * 1_000;
  const counts = await fuzz(target, started, {
    seed: task.seed,
    coverage,
    before(input) {
      if (scratch.length < input.length + 4) scratch = Buffer.alloc(input.length + 4);
      scratch.writeUInt32LE(input.length);
      scratch.set(input, 4);
      writeSync(file, scratch, 0, input.length + 4, 0);
    },
    after(input, { ms }) {
      if (ms < MEMORY_TAKES_MS) return;
      const now = peak();
      if (now - most > MEMORY_BYTES) void say({ type: 'greedy', input: base64(input) });
      most = now;
    },
    async crashed(input, { key, message }) {
      if (known.has(key)) return;
      known.add(key);
      const smallest = await minimise(input, key, (each) => judge(started, each));
      await say({ type: 'crasher', key, message, input: base64(smallest) });
    },
    async more(counts) {
      const now = performance.now();
      if (now - said > SAY_EVERY_MS) {
        said = now;
        most = Math.max(most, peak());
        await say({ type: 'progress', ...counts });
      }
      // Timers and sockets of the target have their turn.
      await new Promise((resolve) => setImmediate(resolve));
      return now < until;
    },
  });
  await say({ type: 'done', ...counts });
  await started.stop?.();
}
