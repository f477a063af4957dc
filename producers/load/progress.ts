import { elapsed } from '#infra/format.ts';
import { percentile } from './summary.ts';
import type { Played } from './workflow.ts';

/** How a load goes. */
export class Tally {
  done = 0;
  errors = 0;
  /** Scenario → how many run. */
  readonly running = new Map<string, number>();
  readonly #recent: number[] = [];

  started({ scenario }: { readonly scenario: string }): void {
    this.running.set(scenario, (this.running.get(scenario) ?? 0) + 1);
  }

  played({ scenario, latencyMs, error }: Played): void {
    this.done++;
    this.running.set(scenario, (this.running.get(scenario) ?? 0) - 1);
    if (error !== undefined) this.errors++;
    else this.#recent.push(latencyMs);
    if (this.#recent.length > RECENT) this.#recent.shift();
  }

  /** Of the last workflows that ended well, ms. */
  percentile(share: number): number | undefined {
    return percentile(
      this.#recent.toSorted((a, b) => a - b),
      share,
    );
  }
}

const RECENT = 200;

/** The live line: how far, how well, and what runs now, the most frequent first. `stopped`: nothing more is started. */
export function lineOf(tally: Tally, elapsedS: number, durationS: number, stopped = false): string {
  const running = [...tally.running].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  const total = running.reduce((sum, [, count]) => sum + count, 0);
  const what = running.map(([scenario, count]) => `${count} ${scenario}`).join(', ');
  const phase =
    elapsedS < durationS && !stopped
      ? `${elapsedS.toFixed(0)} of ${durationS} s`
      : 'waiting for the last to end';
  const latency = `p50 ${latencyText(tally.percentile(0.5))}, p95 ${latencyText(tally.percentile(0.95))}`;
  return `${phase} · ${tally.done} done, ${tally.errors} failed · ${latency} · ${total} running${what && `: ${what}`}`;
}

/** Of milliseconds; a dash where there is none. */
export function latencyText(value: number | undefined): string {
  return value === undefined ? '–' : elapsed(value);
}

/** Where there is no terminal, so many of the lines are left out between two. */
const PLAIN_EVERY = 10;

/** Standard error, or what stands in for it. */
export type Screen = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

/** One line that is written over on a terminal; elsewhere a line now and then. */
export class LiveLine {
  readonly #out: Screen;
  #shown = 0;

  constructor(out: Screen = process.stderr) {
    this.#out = out;
  }

  show(text: string): void {
    // A line that wraps could not be written over.
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K  ${text.slice(0, (this.#out.columns ?? 80) - 3)}`);
    else if (this.#shown++ % PLAIN_EVERY === 0) this.#out.write(`  ${text}\n`);
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K');
  }
}
