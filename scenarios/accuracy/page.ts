/** What a run does with the page: writes it, compares it, prints it, or leaves it alone. Decided before anything is played. */
import { constants } from 'node:fs';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { messageOf, UserError } from '#infra/errors.ts';
import { differences } from './report/diff.ts';
import { commandIn } from './report/report.ts';

export interface PageChoice {
  /** Where the page is asked to go; undefined: nobody asked. */
  readonly out?: string;
  /** docs/accuracy.md: of the whole corpus. */
  readonly page: string;
  readonly whole: boolean;
  readonly check: boolean;
  readonly json: boolean;
  /** The command of this run, as its page names it. */
  readonly command: string;
}

/** What became of the page. */
export interface PageResult {
  readonly right: boolean;
  /** A part of the last line: `written: docs/accuracy.md`. */
  readonly told: string;
  /** What differs, a line each. */
  readonly lines: readonly string[];
}

export type PageTask = (page: string) => Promise<PageResult>;

const MOST_LINES = 60;

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near || '.';
}

const done = (told: string): PageResult => ({ right: true, told, lines: [] });

/**
 * What is to be done with the page of this run. docs/accuracy.md is of the whole corpus: a smaller one is written or
 * compared only where `--out` names a file. Throws one sentence (UserError) where that cannot work.
 */
export async function pageTask(choice: PageChoice): Promise<PageTask> {
  const { out, whole, check, json } = choice;
  if (json && out !== undefined && !check)
    throw new UserError('--json and --out exclude each other: the numbers go to standard output');
  const path = resolve(out ?? choice.page);
  if (check) {
    if (whole || out !== undefined) return await comparison(path, choice);
    return async () => done(`only the targets were checked: ${shown(path)} is of the whole corpus`);
  }
  if (json) return async () => done('no page was written (--json)');
  if (!whole && out === undefined)
    return async (page) => {
      console.log(page);
      return done('the page is above, and was written nowhere: a smaller corpus is only a look');
    };
  await mustBeWritable(path);
  return async (page) => {
    await writeFile(path, page).catch(refuse(`cannot write ${shown(path)}`));
    return done(`written: ${shown(path)}`);
  };
}

const refuse =
  (what: string) =>
  (error: unknown): never => {
    throw new UserError(`${what}: ${messageOf(error)}`);
  };

async function mustBeWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new UserError(`--out must be a file: ${shown(path)} is a folder`);
  if (found !== undefined) {
    await access(path, constants.W_OK).catch(refuse(`cannot write ${shown(path)}`));
    return;
  }
  const folder = dirname(path);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new UserError(`cannot write ${shown(path)}: there is no folder ${shown(folder)}`);
  await access(folder, constants.W_OK).catch(refuse(`cannot write ${shown(path)}`));
}

/** The page is read before the run: one that is missing, or of another command, is known at once. */
async function comparison(path: string, { command }: PageChoice): Promise<PageTask> {
  const before = await readFile(path, 'utf8').catch(refuse('there is no page to compare with'));
  const other = commandIn(before);
  if (other !== undefined && other !== command)
    throw new UserError(
      `${shown(path)} is the page of \`${other}\`, not of \`${command}\`: leave out --check, or name this run's page with --out`,
    );
  return async (page) => {
    const lines = differences(before, page);
    if (lines.length === 0) return done(`${shown(path)} is what this run gives`);
    const more = lines.length - MOST_LINES;
    return {
      right: false,
      told: `${shown(path)} is not what this run gives (${lines.length} lines differ, see above)`,
      lines: [...lines.slice(0, MOST_LINES), ...(more > 0 ? [`… and ${more} more lines`] : [])],
    };
  };
}
