import { CommanderError } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseOptions, timeOf } from './options.ts';

const NOW = 1_700_000_000_000;
let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const none = {
  ...{ root: {}, range: {}, baseline: {}, slow: 'p95', slowGiven: false, words: [] },
  ...{ api: undefined, json: false, all: false },
};

test.each([
  [[], none],
  [
    ['--operation', 'plan', '--service', 's', '--agent', 'a'],
    { ...none, root: { service: 's', agent: 'a', operation: 'plan' } },
  ],
  [
    ['--from', '2h', '--to', '30m'],
    {
      ...none,
      range: { from: NOW - 7_200_000, to: NOW - 1_800_000 },
      words: ['--from 2h', '--to 30m'],
    },
  ],
  // The API would look at an hour from there.
  [['--from', '1d'], { ...none, range: { from: NOW - 86_400_000, to: NOW }, words: ['--from 1d'] }],
  [
    ['--slow', '800', '--json', '--all'],
    { ...none, slow: '800', slowGiven: true, words: ['--slow 800'], json: true, all: true },
  ],
  [
    ['--slow', 'all', '--baseline-from', '1d', '--baseline-to', '1699990000000'],
    {
      ...none,
      ...{ slow: 'all', slowGiven: true },
      baseline: { baselineFrom: NOW - 86_400_000, baselineTo: 1_699_990_000_000 },
      words: ['--slow all', '--baseline-from 1d', '--baseline-to 1699990000000'],
    },
  ],
  [
    ['--api', 'http://[::1]:8001/'],
    { ...none, api: 'http://[::1]:8001', words: ["--api 'http://[::1]:8001'"] },
  ],
])('%j', (args, options) => {
  expect(parseOptions(args, NOW)).toEqual(options);
});

test.each([
  ['2023-11-14T22:13:20Z', NOW],
  ['1700000000000', NOW],
  ['1m', NOW - 60_000],
])('time %s', (text, ms) => {
  expect(timeOf(text, NOW)).toBe(ms);
});

test.each([
  [['--from', 'yesterday'], /It must be like 2026-11-21T13:00:00Z, or how long ago: 30m, 2h, 1d/],
  [['--to', '2h30m'], /It must be like/],
  [['--slow', 'p10'], /It must be a percentile/],
  [['--slow', 'all'], /'--slow all' needs a baseline of another time: --baseline-from/],
  [['--operation', ''], /It must be a name/],
  [['--from', '1h', '--to', '2h'], /error: --from must be before --to\n/],
  [['--from', '2030-01-01'], /--from must be before now, or --to must say until when/],
  [['--from', '32d'], /--from must be at most 31 days before --to/],
  [['--baseline-to', '30m'], /--baseline-to must be no later than --from/],
  [['--baseline-from', '30m'], /--baseline-from must be before --from, where/],
  [['--baseline-from', '1h', '--baseline-to', '2h'], /--baseline-from must be before --baseline-to/],
  [['--baseline-from', '2h', '--baseline-to', '30m'], /must not overlap --from to --to/],
  [['--baseline-from', '40d', '--baseline-to', '1d'], /--baseline-from must be at most 31 days/],
  [['--api', 'localhost'], /It must be like http:/],
  [['plan'], /too many arguments/],
  [['--every'], /unknown option '--every'/],
])('%j is refused', (args, message) => {
  let code = 0;
  try {
    parseOptions(args, NOW);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode;
  }
  expect(code).toBe(1);
  expect(said).toMatch(message);
});
