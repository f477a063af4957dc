import { expect, test } from 'vitest';
import { progressOn } from './progress.ts';

function screen(isTTY: boolean, columns = 80) {
  let text = '';
  const progress = progressOn({ isTTY, columns, write: (more) => (text += more) });
  return { progress, text: () => text };
}

test('a terminal has one line, rewritten and taken away', () => {
  const { progress, text } = screen(true);
  progress.say('trace x', 2_001);
  progress.say('trace x', 1_500);
  progress.end();
  expect(text()).toBe('\r\u001b[2Ktrace x: waiting 3 s more\r\u001b[2Ktrace x: waiting 2 s more\r\u001b[2K');
});

test('a terminal never breaks the line', () => {
  const { progress, text } = screen(true, 20);
  progress.say('trace x has not closed yet', 2_000);
  expect(text()).toBe('\r\u001b[2Ktrace x has not cl…');
});

test('elsewhere a line for each thing that is waited for', () => {
  const { progress, text } = screen(false);
  progress.say('it', 2_000);
  progress.say('it', 1_000);
  progress.say('another', 1_000);
  progress.end();
  expect(text()).toBe('it: waiting up to 2 s\nanother: waiting up to 1 s\n');
});

test('nothing waited for, nothing written', () => {
  for (const isTTY of [true, false]) {
    const { progress, text } = screen(isTTY);
    progress.end();
    expect(text()).toBe('');
  }
});
