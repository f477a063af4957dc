import { expect, test } from 'vitest';
import { ExportFailures } from './export-failures.ts';

function setUp() {
  const lines: object[] = [];
  let now = 0;
  const log = { warn: (line: object) => void lines.push(line) };
  const failures = new ExportFailures(log as never, 'http://receiver:4318', () => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { failures, lines, pass };
}
const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });

test('the first failure is told at once', () => {
  const { failures, lines } = setUp();
  failures.add('logs', refused);
  expect(lines).toEqual([{ endpoint: 'http://receiver:4318', failed: { logs: 1 }, reason: 'ECONNREFUSED' }]);
});

test('those of the next minute are told together, by signal, with the latest reason', () => {
  const { failures, lines, pass } = setUp();
  failures.add('traces', refused);
  pass(59_999);
  failures.add('traces', refused);
  failures.add('metrics', refused);
  expect(lines).toHaveLength(1);
  pass(1);
  failures.add('traces', Object.assign(new Error('Bad Request'), { code: 400 }));
  expect(lines.slice(1)).toEqual([
    { endpoint: 'http://receiver:4318', failed: { traces: 2, metrics: 1 }, reason: 'HTTP 400' },
  ]);
  expect(failures.total).toBe(4);
});

test('what is left is told at the end, and nothing where nothing is', () => {
  const { failures, lines } = setUp();
  failures.tell();
  expect(lines).toEqual([]);
  failures.add('sdk', new Error('one'));
  failures.add('sdk', new Error('two'));
  failures.tell();
  failures.tell();
  expect(lines).toMatchObject([
    { failed: { sdk: 1 }, reason: 'one' },
    { failed: { sdk: 1 }, reason: 'two' },
  ]);
});

test.each([
  [undefined, 'unknown'],
  ['a string', 'a string'],
  [new Error('Request timed out'), 'Request timed out'],
  [Object.assign(new Error('gone'), { code: undefined }), 'gone'],
])('the reason of %s is %s', (error, reason) => {
  const { failures } = setUp();
  failures.add('logs', error);
  expect(failures.reason).toBe(reason);
});

test('a watched exporter sends as before; to the SDK its failures are dealt with', () => {
  const { failures } = setUp();
  const sent: string[] = [];
  const exporter = {
    name: 'one',
    export(items: string, done: (outcome: { code: number; error?: Error }) => void) {
      sent.push(`${this.name} ${items}`);
      done(items === 'bad' ? { code: 1, error: refused } : { code: 0 });
    },
  };
  const watched = failures.watch('traces', exporter);
  const codes: number[] = [];
  watched.export('good', ({ code }) => codes.push(code));
  expect(failures.total).toBe(0);
  watched.export('bad', ({ code }) => codes.push(code));
  expect([sent, codes, failures.total]).toEqual([['one good', 'one bad'], [0, 0], 1]);
});
