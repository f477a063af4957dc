import { expect, test } from 'vitest';
import { parseTimes } from './timestamps.ts';

test('times come sorted; comments, blank lines and spaces are left out', () => {
  expect(parseTimes('# from the start\n2.5\n\n  0  # at once\r\n1e1\n2.5\n')).toEqual({
    ok: true,
    times: [0, 2.5, 2.5, 10],
  });
});

test.each([
  ['0.5\n# fine\nsoon\n', 'line 3: "soon" is no number of seconds from 0'],
  ['-1', 'line 1: "-1" is no number of seconds from 0'],
  ['1\n\nNaN', 'line 3: "NaN" is no number of seconds from 0'],
  ['Infinity', 'line 1: "Infinity" is no number of seconds from 0'],
  ['1,5', 'line 1: "1,5" is no number of seconds from 0'],
  ['1 2', 'line 1: "1 2" is no number of seconds from 0'],
  ['12:00:01', 'line 1: "12:00:01" is no number of seconds from 0'],
])('%j is refused: %s', (text, reason) => {
  expect(parseTimes(text)).toEqual({ ok: false, reason });
});

test.each(['', '\n\n', '# nothing but this\n'])('%j has no times', (text) => {
  expect(parseTimes(text)).toEqual({ ok: false, reason: 'no times in it' });
});
