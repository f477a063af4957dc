/** Runs one input and says what is wrong with it: an oracle that failed, a throw, or the time that it took. */
import { SLOW_MS, type Started } from './target.ts';

export interface Verdict {
  /** The same for what is the same bug. */
  readonly key: string;
  /** With the stack. */
  readonly message: string;
}

export interface Judged {
  readonly verdict: Verdict | undefined;
  readonly ms: number;
}

const OURS = /\/(schemas|infra|producers|processors|sinks)\/.*\.ts/;

export async function judge(target: Started, input: Uint8Array): Promise<Judged> {
  const began = performance.now();
  try {
    const running = target.run(input);
    if (running !== undefined) await running;
  } catch (error) {
    return { verdict: verdictOf(error), ms: performance.now() - began };
  }
  const ms = performance.now() - began;
  return { verdict: ms <= SLOW_MS ? undefined : await slow(target, input, ms), ms };
}

/** By the processor's time, three times: else the machine was slow, or something else ran in between. */
async function slow(target: Started, input: Uint8Array, ms: number): Promise<Verdict | undefined> {
  for (let again = 0; again < 2; again++) {
    const before = process.cpuUsage();
    await target.run(input);
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1_000 <= SLOW_MS) return undefined;
  }
  return {
    key: 'slow',
    message: `took ${Math.round(ms)} ms, and twice more than ${SLOW_MS} of the processor`,
  };
}

export function verdictOf(error: unknown): Verdict {
  const known = error instanceof Error ? error : new Error(String(error));
  const text = `${known.name}: ${known.message}`.split('\n', 1)[0].slice(0, 200);
  const at =
    known.stack
      ?.split('\n')
      .find((line) => OURS.test(line))
      ?.trim() ?? '';
  const place = /(?:schemas|infra|producers|processors|sinks)\/[^):]+/.exec(at)?.[0] ?? '';
  // What follows a second colon is of the input.
  const shape = text
    .split(': ', 2)
    .join(': ')
    .replace(/[0-9a-f]{6,}|\d+|"[^"]*"|'[^']*'/gi, '#')
    .slice(0, 80);
  return { key: `${shape} ${place}`.trim(), message: `${text}\n${known.stack ?? ''}`.slice(0, 4_000) };
}
