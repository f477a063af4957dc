import { CommanderError } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseOptions } from './options.ts';

const ID = '0123456789abcdef'.repeat(2);
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

const none = { id: undefined, api: undefined, json: false, wait: true, all: false };

test.each([
  [[], none],
  [['latest'], none],
  [[ID], { ...none, id: ID }],
  [[ID.toUpperCase()], { ...none, id: ID }],
  [['--wait'], none],
  [['--no-wait', ID], { ...none, id: ID, wait: false }],
  [['--json', '--all'], { ...none, json: true, all: true }],
  [['--api', 'http://[::1]:8001'], { ...none, api: 'http://[::1]:8001' }],
  [['--api', 'https://ati.example/query/?x=1#y'], { ...none, api: 'https://ati.example/query' }],
])('%j', (args, options) => {
  expect(parseOptions(args)).toEqual(options);
});

test.each([
  ['an id that is none', ['abc'], /'abc' is invalid.*32 hex digits/],
  ['the id of no trace', ['0'.repeat(32)], /is invalid/],
  ['a digit less', [ID.slice(1)], /is invalid/],
  ['a digit more', [`${ID}f`], /is invalid/],
  ['a letter that is no digit', [`g${ID.slice(1)}`], /is invalid/],
  ['two ids', [ID, ID], /too many arguments/],
  ['a host without http', ['--api', 'localhost:8001'], /It must be like http:\/\/127\.0\.0\.1:8001/],
  ['another protocol', ['--api', 'ftp://localhost'], /It must be like/],
  ['a URL with a password', ['--api', 'http://me:secret@localhost'], /It must be like/],
  ['--api without a URL', ['--api'], /argument missing/],
  ['an option that is none', ['--every'], /unknown option '--every'/],
])('%s', (_what, args, message) => {
  let code = 0;
  try {
    parseOptions(args);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode;
  }
  expect(code).toBe(1);
  expect(said).toMatch(message);
});
