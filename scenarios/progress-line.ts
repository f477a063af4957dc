/** One line that is written over: on a terminal live, elsewhere one line for each phase (the text before the colon). */
export interface ProgressLine {
  show(text: string): void;
  end(): void;
}

/** On standard error, so that what a command answers stays clean. */
export function progressLine(out: NodeJS.WriteStream = process.stderr): ProgressLine {
  let phase = '';
  let shown = 0;
  return {
    show(text) {
      if (out.isTTY) {
        out.write(`\r\x1b[K  ${text}`);
        shown++;
        return;
      }
      const [now] = text.split(':');
      if (now === phase) return;
      phase = now;
      out.write(`  ${now} …\n`);
    },
    end() {
      if (out.isTTY && shown > 0) out.write('\r\x1b[K');
      shown = 0;
    },
  };
}
