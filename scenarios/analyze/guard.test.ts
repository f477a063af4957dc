import { expect, test } from 'vitest';
import { analyse } from './analyse.ts';
import { analyseGuarded, readGuarded } from './guard.ts';
import { page } from './page.ts';
import { example, view } from './testing.ts';

const files = ['jaeger-graph.json', 'otlp-example.json', 'zipkin-v2-messaging.json'].map((name) =>
  readGuarded(name, example(name), undefined),
);
const [jaeger, otlp] = files.map(({ reading }) => reading?.messages);
type Files = Parameters<typeof analyse>[0];

/** The analysis, broken for whom `breaks` says. */
const brokenFor = (breaks: (given: Files) => boolean) => ({
  analyse: (given: Files) => {
    if (breaks(given)) throw new RangeError('out of range');
    return analyse(given);
  },
});

test('what breaks nothing is analysed as it is', () => {
  const { files: left, analysis } = analyseGuarded(files);
  expect(left).toEqual(files);
  expect(analysis).toEqual(analyse(files.map(({ reading }) => reading?.messages ?? [])));
});

test('a file that breaks the analysis is left out, with its name and why', () => {
  const { files: left, analysis } = analyseGuarded(
    files,
    brokenFor((given) => given.includes(otlp ?? [])),
  );
  expect(left.map(({ reading }) => reading !== undefined)).toEqual([true, false, true]);
  expect(analysis.traces.map((trace) => trace.files)).toEqual([[2], [0]]);
  expect(page(left, analysis, view()).join('\n')).toContain(
    'otlp-example.json: could not be analysed: out of range (this is a fault of ATI, please report it)',
  );
});

test('files that break it only together are all left out', () => {
  const both = brokenFor((given) => given.includes(otlp ?? []) && given.includes(jaeger ?? []));
  const { files: left, analysis } = analyseGuarded(files, both);
  expect(left.every(({ reading }) => reading === undefined)).toBe(true);
  expect(left[0].reason).toMatch(/^could not be analysed together with the others: out of range/);
  expect(analysis).toEqual({ traces: [], incidents: [] });
});

test('a file that could not be opened keeps its reason', () => {
  const missing = { name: 'none.json', reading: undefined, reason: 'there is no such file' };
  const { files: left } = analyseGuarded(
    [missing, ...files],
    brokenFor((given) => given.length > 2),
  );
  expect(left[0]).toEqual(missing);
});

test('a file that breaks the reading is left out', () => {
  const read = () => {
    throw new TypeError('no such thing');
  };
  expect(readGuarded('x.json', Buffer.alloc(1), undefined, { read })).toEqual({
    name: 'x.json',
    reading: undefined,
    reason: 'could not be read: no such thing (this is a fault of ATI, please report it)',
  });
});
