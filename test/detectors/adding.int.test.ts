/**
 * Adding a detector is one file, its test and a scenario: the example of docs/detectors/README.md is read out of that page
 * and added for real, to a copy of the project, where the commands of the page then say whether anything else wanted a change.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGuide } from './guide.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PARTS = ['schemas', 'infra', 'producers', 'processors', 'sinks', 'scenarios', 'test', 'docs'];
const FILES = ['package.json', 'tsconfig.json', 'vitest.config.ts', 'biome.json', '.gitignore'];

const { files, commands } = readGuide();
const DETECTOR = 'processors/detectors/endless-loop.detector.ts';
const TEST = 'processors/detectors/endless-loop.test.ts';
const SCENARIO = 'scenarios/endless.scenario.ts';
const CONTRACT = 'npx vitest run test/detectors/contract.test.ts';

let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(path.join(os.tmpdir(), 'ati-adding-'));
  for (const part of [...PARTS, ...FILES])
    await cp(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  await symlink(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  for (const [file, text] of files) await writeFile(path.join(copy, file), text);
});
afterAll(() => rm(copy, { recursive: true, force: true }));

function run(command: string): { status: number | null; output: string } {
  const bin = path.join(ROOT, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: copy, encoding: 'utf8', env });
  return { status, output: `${stdout}${stderr}` };
}

test('the page has the three files, and what to run', () => {
  expect([...files.keys()]).toEqual([DETECTOR, TEST, SCENARIO]);
  expect(
    commands.filter((command) => /^(npx biome|npm run check:types|npx vitest run) ?/.test(command)),
  ).toHaveLength(4);
  expect(commands.at(-1)).toBe('npm run accuracy');
});

test.each(commands.slice(0, -1))('as in the page: %s', async (command) => {
  const { status, output } = run(command);
  expect(status, output).toBe(0);
  if (command.startsWith('npx vitest run processors/detectors'))
    expect(output).toContain('endless-loop.test.ts');
  // Formatting found nothing to do: the example is as the project wants it.
  for (const [file, text] of files) expect(await readFile(path.join(copy, file), 'utf8')).toBe(text);
});

test('the accuracy page has a row for it, and finds it in no healthy trace', async () => {
  const page = path.join(copy, 'accuracy.md');
  const { output } = run(`npm run accuracy -- --traces 1 --out ${page}`);
  expect(await readFile(page, 'utf8').catch(() => output)).toMatch(/^\| `endless_loop` .* 0\.00 \(0\) /m);
});

/** Changes one file of the copy for one command. */
async function withChange(file: string, change: (text: string) => string | undefined, command: string) {
  const place = path.join(copy, file);
  const before = await readFile(place, 'utf8');
  const changed = change(before);
  expect(changed).not.toBe(before);
  if (changed === undefined) await rm(place);
  else await writeFile(place, changed);
  try {
    return run(command);
  } finally {
    await writeFile(place, before);
  }
}

describe('what is forgotten is told, and what to do', () => {
  test.each<[string, string, (text: string) => string | undefined, string, RegExp]>([
    [
      'no test',
      TEST,
      () => undefined,
      `${CONTRACT} -t 'has its file'`,
      /processors\/detectors\/endless-loop\.test\.ts is missing \(see "Adding one"/,
    ],
    [
      'no scenario',
      SCENARIO,
      () => undefined,
      `${CONTRACT} -t 'has its file'`,
      /no scenarios\/NAME\.scenario\.ts has `expects: \['endless_loop'\]`/,
    ],
    [
      'advice without a number',
      DETECTOR,
      (text) => text.replace(/`Stop before .* rounds\.`/, "'Stop earlier.'"),
      `${CONTRACT} -t 'what it finds is whole'`,
      /the recommendation bound_loop names no number: put one of the finding's evidence into its text/,
    ],
    [
      'a scenario without plants',
      SCENARIO,
      (text) => text.replace(/^ {2}plants: .*\n/m, ''),
      "npx vitest run test/virtual-scenarios.test.ts -t 'endless|the files in'",
      /endless: what is found is not what its parameters plant by design §5; .*`plants: \[\{ kind, agent/,
    ],
    [
      'a scenario longer than the hard cap',
      SCENARIO,
      (text) => text.replace('max_steps: 80', 'max_steps: 80, delay_ms: 5000'),
      `${CONTRACT} -t 'endless: '`,
      /endless: its run takes \d{3}\S* s, but a trace is closed at the hard cap of 300 s/,
    ],
    [
      'thresholds without a page',
      DETECTOR,
      (text) => text.replace('z.strictObject({})', 'z.strictObject({ mostChats: z.number().default(70) })'),
      'npx vitest run processors/detectors/docs.test.ts',
      /write docs\/detectors\/endless-loop\.md [\s\S]*docs\/detectors\/README\.md must have a row “\| \[`endless_loop`\]/,
    ],
  ])('%s', async (_, file, change, command, told) => {
    const { status, output } = await withChange(file, change, command);
    expect(status).toBe(1);
    expect(output).toMatch(told);
    expect(output).not.toContain('## Adding one');
  });
});
