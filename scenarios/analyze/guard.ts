/** What stands between a file that breaks ATI and its user: the file is left out with a reason, the others are analysed. */
import { messageOf } from '#infra/errors.ts';
import { type Format, readTraceFile } from '#producers/formats/read.ts';
import { type Analysis, analyse } from './analyse.ts';
import type { ReadFile } from './files.ts';

/** Neither is meant to throw: what they throw is a bug, and says so. */
const DEFAULTS = { read: readTraceFile, analyse };
type Steps = typeof DEFAULTS;

const leftOut = (name: string, error: unknown, how: string): ReadFile => ({
  name,
  reading: undefined,
  reason: `${how}: ${messageOf(error)} (this is a fault of ATI, please report it)`,
});

export function readGuarded(
  name: string,
  bytes: Uint8Array,
  format: Format | undefined,
  { read }: Pick<Steps, 'read'> = DEFAULTS,
): ReadFile {
  try {
    return { name, reading: read(bytes, format), reason: '' };
  } catch (error) {
    return leftOut(name, error, 'could not be read');
  }
}

export interface Guarded {
  /** At the same positions; those that were left out have a reason and no reading. */
  readonly files: readonly ReadFile[];
  readonly analysis: Analysis;
}

/** All files together; where that fails without those that fail alone, or else without any. */
export function analyseGuarded(
  files: readonly ReadFile[],
  steps: Pick<Steps, 'analyse'> = DEFAULTS,
): Guarded {
  const together = (some: readonly ReadFile[]): Guarded => ({
    files: some,
    analysis: steps.analyse(some.map(({ reading }) => reading?.messages ?? [])),
  });
  try {
    return together(files);
  } catch (error) {
    const left = files.map((file) => {
      if (file.reading === undefined) return file;
      try {
        together([file]);
        return file;
      } catch (alone) {
        return leftOut(file.name, alone, 'could not be analysed');
      }
    });
    if (left.some((file, i) => file !== files[i])) return analyseGuarded(left, steps);
    return {
      files: files.map((file) =>
        file.reading === undefined
          ? file
          : leftOut(file.name, error, 'could not be analysed together with the others'),
      ),
      analysis: { traces: [], incidents: [] },
    };
  }
}
