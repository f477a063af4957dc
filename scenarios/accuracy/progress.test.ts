import { expect, test } from 'vitest';
import { corpusProgress } from './progress.ts';

function written(isTTY: boolean, steps: readonly number[], of: number): string {
  let text = '';
  const out = { isTTY, write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WriteStream;
  const progress = corpusProgress(out);
  for (const done of steps) progress.show(done, of);
  progress.end();
  return text;
}

const each = (of: number) => Array.from({ length: of }, (_, i) => i + 1);

test('without a terminal there is a line for each tenth, and no control characters', () => {
  const lines = written(false, each(2_000), 2_000).split('\n').slice(0, -1);
  expect(lines).toHaveLength(10);
  expect(lines[0]).toBe('  played: 200 of 2,000 traces (10 %)');
  expect(lines[9]).toBe('  played: 2,000 of 2,000 traces (100 %)');
});

test('few large steps give a line each, not one for every tenth that they pass', () => {
  expect(written(false, [450, 900, 910, 1_000], 1_000).match(/\(\d+ %\)/g)).toEqual([
    '(45 %)',
    '(90 %)',
    '(100 %)',
  ]);
});

test('on a terminal one line is written over, and is gone at the end', () => {
  const text = written(true, each(50), 50);
  expect(text).not.toContain('\n');
  expect(text).toContain('50 of 50 traces');
  expect(text.endsWith('\r\x1b[K')).toBe(true);
});
