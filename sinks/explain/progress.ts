/** One line that says what is waited for: rewritten on a terminal, written once elsewhere. */
import { cut } from './text.ts';

export interface ProgressOutput {
  readonly isTTY?: boolean;
  /** Of the terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** What is waited for, and how much longer at most. */
  say(what: string, leftMs: number): void;
  /** Takes the line away again. */
  end(): void;
}

/** On a terminal one line that is rewritten; elsewhere a line for each new thing that is waited for. */
export function progressOn(output: ProgressOutput): Progress {
  let last = '';
  return {
    say(what, leftMs) {
      const seconds = Math.ceil(leftMs / 1000);
      // A line that the terminal breaks could not be taken back.
      const line = cut(`${what}: waiting ${seconds} s more`, (output.columns || 80) - 1);
      if (output.isTTY) output.write(`\r\u001b[2K${line}`);
      else if (what !== last) output.write(`${what}: waiting up to ${seconds} s\n`);
      last = what;
    },
    end() {
      if (output.isTTY && last !== '') output.write('\r\u001b[2K');
    },
  };
}
