/** Waits for what is not there yet. */
import type { Answer } from './api.ts';

export interface Waiting {
  /** At most so long for anything to be there at all, and for it to be complete. */
  readonly arriveMs: number;
  readonly completeMs: number;
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told before each pause, with the time since the start. */
  readonly onPause: (state: 'missing' | 'incomplete', elapsedMs: number) => void;
}

const PAUSE_MS = 250;

/** Asks until the answer is complete, has failed, or the time is up; the last answer. */
export async function waitFor<T>(
  ask: () => Promise<Answer<T>>,
  complete: (value: T) => boolean,
  { arriveMs, completeMs, now, sleep, onPause }: Waiting,
): Promise<Answer<T>> {
  const start = now();
  for (;;) {
    const answer = await ask();
    if (answer.ok ? complete(answer.value) : !answer.missing) return answer;
    const elapsed = now() - start;
    if (elapsed >= (answer.ok ? completeMs : arriveMs)) return answer;
    onPause(answer.ok ? 'incomplete' : 'missing', elapsed);
    await sleep(PAUSE_MS);
  }
}
