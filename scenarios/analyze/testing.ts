/** For tests: files in memory through reading and analysis. */
import { readFileSync } from 'node:fs';
import picocolors from 'picocolors';
import { readTraceFile } from '#producers/formats/read.ts';
import type { View } from '#sinks/explain/view.ts';
import { analyse } from './analyse.ts';
import type { ReadFile } from './files.ts';
import { page } from './page.ts';
import { reportOf } from './report.ts';

export const example = (name: string): Buffer =>
  readFileSync(new URL(`../../producers/formats/testdata/${name}`, import.meta.url));

export const view = (given: Partial<View> = {}): View => ({
  width: 110,
  colours: picocolors.createColors(false),
  all: false,
  ...given,
});

/** Everything that the command makes of these files. */
export function analyseFiles(...contents: (Uint8Array | string)[]) {
  const files = contents.map((content, i): ReadFile => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return { name: `file-${i}`, reading: readTraceFile(bytes), reason: '' };
  });
  const analysis = analyse(files.map(({ reading }) => reading?.messages ?? []));
  return {
    files,
    analysis,
    report: reportOf(files, analysis),
    lines: (given: Partial<View> = {}) => page(files, analysis, view(given)),
  };
}
