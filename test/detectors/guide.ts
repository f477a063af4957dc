import { readFileSync } from 'node:fs';
import path from 'node:path';

const GUIDE = path.resolve(import.meta.dirname, '../../docs/detectors/README.md');

/** "Adding one" of docs/detectors/README.md, taken apart. */
export interface Guide {
  /** The example's files by their path: blocks that begin with "```ts PATH". */
  readonly files: ReadonlyMap<string, string>;
  /** The commands that it says to run, in order. */
  readonly commands: readonly string[];
}

/** The example as the page has it: what is tested is what is read. */
export function readGuide(): Guide {
  // The last section: its blocks have headings of their own.
  const [, section] = readFileSync(GUIDE, 'utf8').split('## Adding one\n');
  if (section === undefined) throw new Error('docs/detectors/README.md has no section "Adding one"');
  const blocks = [...section.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)];
  return {
    files: new Map(blocks.flatMap(([, , file, text]) => (file === undefined ? [] : [[file, text]]))),
    commands: blocks.flatMap(([, language, , text]) => (language === 'sh' ? text.trim().split('\n') : [])),
  };
}
