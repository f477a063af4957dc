/** The whole, small: worker threads, the pipeline and the command. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DETECTORS } from '#processors/detectors/registry.ts';
import { scoreOf } from './judge/score.ts';
import { targetsOf } from './judge/targets.ts';
import { report } from './report/report.ts';
import { runCorpus } from './run.ts';

const MINUTES = 300_000;

async function pageWith(workers: number, seed = 1) {
  const outcome = await runCorpus({ seed, traces: 1, workers, shards: 1 });
  const kinds = DETECTORS.map(({ kind }) => kind);
  const score = scoreOf(outcome, kinds);
  return { outcome, score, page: report(score, outcome, targetsOf(score, false), { seed, traces: 1 }) };
}

test(
  'one worker or two, the same seed gives the same bytes; another seed another corpus',
  async () => {
    const [one, two, other] = [await pageWith(1), await pageWith(2), await pageWith(2, 2)];
    expect(two.page).toBe(one.page);
    expect(two.outcome).toEqual(one.outcome);
    expect(other.outcome.traces.map(({ traceId }) => traceId)).not.toEqual(
      one.outcome.traces.map(({ traceId }) => traceId),
    );
    expect(one.score.traces).toBeGreaterThan(100);
    expect(one.score.deadLetters).toBe(0);
    expect(one.outcome.traces.some(({ planted }) => planted.some(({ found }) => found))).toBe(true);
  },
  MINUTES,
);

describe('the command', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ati-accuracy-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const run = (...given: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [main, ...given], { maxBuffer: 1 << 26 }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  test(
    'says what differs from the page, and leaves the page as it is',
    async () => {
      const page = join(folder, 'page.md');
      await writeFile(page, '# Accuracy\n\nas good as it gets\n');
      const { code, out } = await run('--traces', '1', '--check', '--out', page);
      expect(code).toBe(1);
      expect(out).toContain('is not what this run gives');
      expect(out).toContain('- as good as it gets');
      expect(out).toMatch(/\+ How often ATI finds/);
      expect(out.trimEnd().split('\n').at(-1)).toMatch(/^Failed: .*page\.md is not what this run gives/);
      expect(await readFile(page, 'utf8')).toContain('as good as it gets');
    },
    MINUTES,
  );

  test(
    'a smaller corpus with --check fails by its targets alone; JSON is all there is on standard output',
    async () => {
      const { code, out, err } = await run('--traces', '1', '--check', '--json');
      const { targets } = JSON.parse(out) as { targets: { met: boolean }[] };
      expect(code).toBe(targets.every(({ met }) => met) ? 0 : 1);
      expect(err).toMatch(/^ {2}played: [\d,]+ of [\d,]+ traces \(100 %\)$/m);
      expect(err.trimEnd().split('\n').at(-1)).toMatch(
        /^(Passed: every target is met; only|Failed: only) the targets were checked: docs\/accuracy\.md is of the whole/,
      );
    },
    MINUTES,
  );

  test('wrong arguments are told in one line', async () => {
    for (const [given, told] of [
      [['--quick', '--traces', '5'], /--quick and --traces exclude each other/],
      [['--seed', 'x'], /must be a whole number/],
      [['--out', join(folder, 'none', 'x.md')], /^cannot write .*x\.md: there is no folder .*none\n$/],
      [
        ['--check', '--seed', '2'],
        /^docs\/accuracy\.md is the page of `[^`]*--seed 1`, not of `[^`]*--seed 2`/,
      ],
    ] as const) {
      const { code, err, out } = await run(...given);
      expect(code).toBe(1);
      expect(err + out).toMatch(told);
    }
  });
});
