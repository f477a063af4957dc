/** One line that says what is waited for: rewritten on a terminal, written once elsewhere. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** What is waited for, and how much longer at most. */
  say(what: string, leftMs: number): void;
  /** Takes the line away again. */
  end(): void;
}

export function progressOn(output: ProgressOutput): Progress {
  let last = '';
  return {
    say(what, leftMs) {
      if (output.isTTY)
        output.write(`\r\u001b[2K${what}: waiting ${Math.ceil(leftMs / 1000)} s more at most`);
      else if (what !== last) output.write(`${what}: waiting up to ${Math.ceil(leftMs / 1000)} s\n`);
      last = what;
    },
    end() {
      if (output.isTTY && last !== '') output.write('\r\u001b[2K');
    },
  };
}
