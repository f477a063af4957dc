import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '#infra/errors.ts';
import { type PageChoice, pageTask } from './page.ts';

const COMMAND = 'npm run accuracy -- --seed 1';
const pageOf = (command: string, rest: string) => `# Accuracy\n\n\`${command}\` plays 9 traces.\n\n${rest}\n`;

let folder: string;
let choice: PageChoice;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ati-page-'));
  const page = join(folder, 'accuracy.md');
  await writeFile(page, pageOf(COMMAND, 'good'));
  choice = { page, whole: true, check: false, json: false, command: COMMAND };
});
afterEach(() => rm(folder, { recursive: true }));

const refusal = (changes: Partial<PageChoice>) =>
  pageTask({ ...choice, ...changes }).then(
    () => 'accepted',
    (error: unknown) => (error instanceof UserError ? error.message : `a bug: ${String(error)}`),
  );

describe('known before anything is played, in one line', () => {
  test.each([
    ['a folder that is not there', 'no/where.md', /^cannot write .*where\.md: there is no folder .*no$/],
    ['a file as a folder', 'accuracy.md/x.md', /^cannot write .*x\.md: there is no folder .*accuracy\.md$/],
    ['a folder as a file', '.', /^--out must be a file: .* is a folder$/],
  ])('%s', async (_, out, told) => {
    expect(await refusal({ out: join(folder, out) })).toMatch(told);
    expect(await readdir(folder)).toEqual(['accuracy.md']);
  });
  test('no page to compare with', async () => {
    expect(await refusal({ check: true, out: join(folder, 'none.md') })).toMatch(
      /^there is no page to compare with: .*none\.md/,
    );
  });
  test('a page of another command', async () => {
    expect(await refusal({ check: true, command: `${COMMAND} --traces 5`, out: choice.page })).toMatch(
      /accuracy\.md is the page of `npm run accuracy -- --seed 1`, not of `.* --traces 5`: leave out --check/,
    );
  });
  test('--json and --out', async () => {
    expect(await refusal({ json: true, out: choice.page })).toMatch(/^--json and --out exclude each other/);
  });
});

describe('the page of the whole corpus', () => {
  test('is written', async () => {
    const { right, told } = await (await pageTask(choice))('new\n');
    expect([right, told]).toEqual([true, expect.stringMatching(/^written: .*accuracy\.md$/)]);
    expect(await readFile(choice.page, 'utf8')).toBe('new\n');
  });
  test.each([false, true])('is compared and left as it is, with --json %s', async (json) => {
    const task = await pageTask({ ...choice, check: true, json });
    expect(await task(pageOf(COMMAND, 'good'))).toMatchObject({ right: true, lines: [] });
    const differs = await task(pageOf(COMMAND, 'worse'));
    expect(differs).toMatchObject({ right: false, lines: ['- good', '+ worse'] });
    expect(differs.told).toMatch(/accuracy\.md is not what this run gives \(2 lines differ, see above\)$/);
    expect(await readFile(choice.page, 'utf8')).toContain('good');
  });
});

describe('of a smaller corpus', () => {
  const smaller = { whole: false, command: `${COMMAND} --traces 5` };
  test('--check looks at the targets only, and says so', async () => {
    const result = await (await pageTask({ ...choice, ...smaller, check: true }))('another page');
    expect(result).toEqual({
      right: true,
      told: expect.stringMatching(/^only the targets were checked: .*accuracy\.md is of the whole corpus$/),
      lines: [],
    });
  });
  test('the page is printed, and written only where --out says', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const { told } = await (await pageTask({ ...choice, ...smaller }))('small');
    expect(log.mock.calls).toEqual([['small']]);
    log.mockRestore();
    expect(told).toContain('written nowhere');
    expect(await readFile(choice.page, 'utf8')).toContain('good');
    await (await pageTask({ ...choice, ...smaller, out: join(folder, 'mine.md') }))('small');
    expect(await readFile(join(folder, 'mine.md'), 'utf8')).toBe('small');
  });
});
