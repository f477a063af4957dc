import type { Reading } from '#producers/formats/read.ts';

/** A file that was named: what it holds, or why it could not be opened. */
export interface ReadFile {
  /** As it was named; `-` is standard input. */
  readonly name: string;
  readonly reading: Reading | undefined;
  /** Why there is no reading; else ''. */
  readonly reason: string;
}

/** False where anything of the file was not read. */
export function isWhole({ reading }: ReadFile): boolean {
  return reading !== undefined && reading.faults.count === 0 && reading.skipped.count === 0;
}
