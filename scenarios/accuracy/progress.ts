import { number } from '#infra/format.ts';
import { progressLine } from '../progress-line.ts';

const STEPS = 10;

/** How far a run is, on standard error. */
export interface Progress {
  show(done: number, of: number): void;
  end(): void;
}

/** Live on a terminal; elsewhere (a CI's log) a line for each tenth. */
export function corpusProgress(out: NodeJS.WriteStream = process.stderr): Progress {
  const live = progressLine(out);
  let told = 0;
  return {
    show(done, of) {
      const text = `${number(done)} of ${number(of)} traces`;
      if (out.isTTY) {
        live.show(`playing: ${text}`);
        return;
      }
      const step = Math.floor((STEPS * done) / of);
      if (step <= told) return;
      told = step;
      out.write(`  played: ${text} (${Math.floor((100 * done) / of)} %)\n`);
    },
    end: () => live.end(),
  };
}
