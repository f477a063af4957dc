/** The open-loop load: runs begin when they are due, whatever becomes of those before; what was sent and acknowledged. */
import { setTimeout as wait } from 'node:timers/promises';
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';
import { exportSpans } from './exporter.ts';
import { generate, type PlannedRun, spansIn } from './workload.ts';

export class Load {
  /** By id: start and duration. */
  readonly sent = new Map<string, string>();
  readonly acknowledged = new Set<string>();
  /** performance.now() of each 200. */
  readonly acks: number[] = [];
  /** Answers by status; 0: none came. */
  readonly answers = new Map<number, number>();
  /** Exports that were not acknowledged in the end, and why. */
  readonly failures: string[] = [];
  pending = 0;
  runs = 0;
  readonly #url: string;
  readonly #jitter: Random;
  readonly #exports: Promise<void>[] = [];

  constructor(ingestUrl: string, seed: number) {
    this.#url = `${ingestUrl}/v1/traces`;
    this.#jitter = new Random(seedBytes('chaos jitter', seed));
  }

  /** Resolves when the last run has been sent for the first time; `settled` when all is acknowledged. */
  async run(plan: readonly PlannedRun[], signal: AbortSignal): Promise<void> {
    const began = performance.now();
    for (const planned of plan) {
      const early = planned.atMs - (performance.now() - began);
      if (early > 0) await wait(early, undefined, { signal });
      signal.throwIfAborted();
      const played = this.#play(planned, signal);
      // `settled` tells; where the run is interrupted nobody asks.
      played.catch(() => {});
      this.#exports.push(played);
      this.runs++;
    }
  }

  /** Resolves when every export is acknowledged or has failed for good. */
  async settled(): Promise<void> {
    await Promise.all(this.#exports);
  }

  async #play(planned: PlannedRun, signal: AbortSignal): Promise<void> {
    const { exports } = await generate(planned, Date.now());
    await Promise.all(
      exports.map(async ({ atUnixMs, otlp }) => {
        await wait(Math.max(0, atUnixMs - Date.now()), undefined, { signal });
        await this.#send(otlp);
      }),
    );
  }

  async #send(otlp: Uint8Array): Promise<void> {
    const spans = spansIn(otlp);
    for (const [id, times] of spans) this.sent.set(id, times);
    this.pending++;
    const exported = await exportSpans(this.#url, otlp, {
      chance: () => this.#jitter.between(0, 1),
      onAnswer: (status) => {
        this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
        if (status === 200) this.acks.push(performance.now());
      },
    });
    this.pending--;
    if (exported.ok) for (const id of spans.keys()) this.acknowledged.add(id);
    else this.failures.push(`${spans.size} spans: ${exported.reason}`);
  }
}
