/** How far a replay has come: a line that is written over on a terminal, elsewhere a line for each phase and tenth. */
import { number, percent } from '#infra/format.ts';
import type { Report } from './replay.ts';

const EVERY_MS = 200;

export function terminalReport(
  out: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean },
  now: () => number,
): Report & { end(): void } {
  let phase = '';
  let began = now();
  let shownAt = Number.NEGATIVE_INFINITY;
  let tenth = 0;
  const clear = () => {
    if (out.isTTY) out.write('\r\x1b[K');
  };
  return {
    phase(text) {
      clear();
      if (text !== '' && text !== phase) out.write(out.isTTY ? `  ${text} …` : `  ${text} …\n`);
      phase = text;
      began = now();
      tenth = 0;
    },
    progress({ records, rows }, all) {
      const share = all === 0 ? 1 : Math.min(1, records / all);
      const seconds = Math.max(0.001, (now() - began) / 1000);
      const line = `  ${phase}: ${number(records)} of ${number(Math.max(all, records))} records (${percent(share)}), ${number(rows)} rows, ${number(rows / seconds)} rows/s`;
      if (out.isTTY) {
        if (now() - shownAt < EVERY_MS && share < 1) return;
        shownAt = now();
        out.write(`\r\x1b[K${line}`);
      } else if (Math.floor(share * 10) > tenth) {
        tenth = Math.floor(share * 10);
        out.write(`${line}\n`);
      }
    },
    say(text) {
      clear();
      out.write(`  ${text}\n`);
    },
    end: clear,
  };
}
