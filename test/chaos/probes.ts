/** Looks from outside, all the time: how long the incident topic could not be read. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Kafka } from '#infra/kafka/port.ts';

const EVERY_MS = 200;
const LOOK_MS = 2_000;

export class TopicProbe {
  /** performance.now() of each answer. */
  readonly answers: number[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(kafka: Kafka, topic: string) {
    this.#running = this.#run(kafka, topic);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(kafka: Kafka, topic: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const look = kafka.offsets(topic).then(
        () => true,
        () => false,
      );
      const late = wait(LOOK_MS, false);
      if (await Promise.race([look, late])) this.answers.push(performance.now());
      await wait(EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** The longest time without an answer, ms, and when it began; from `from` to `to`. */
export function longestGap(
  answers: readonly number[],
  from: number,
  to: number,
): { readonly ms: number; readonly fromMs: number } {
  let longest = { ms: 0, fromMs: from };
  let last = from;
  for (const at of [...answers, to]) {
    if (at < from) continue;
    const end = Math.min(at, to);
    if (end - last > longest.ms) longest = { ms: end - last, fromMs: last };
    last = Math.max(last, end);
  }
  return longest;
}
