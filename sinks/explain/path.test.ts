import { expect, test } from 'vitest';
import { pathLines, pathShares } from './path.ts';
import { closedTrace, view } from './testing.ts';

test('segments of one operation, service and kind are one row; a span with two segments counts once', () => {
  expect(pathShares(closedTrace().criticalPath)).toEqual([
    {
      operation: 'worker',
      service: 'agents',
      role: 'tool',
      type: 'self',
      where: 'agents',
      spans: 1,
      ns: 400e6,
    },
    {
      operation: 'GET /tool/:name',
      service: 'tools',
      role: 'tool',
      type: 'self',
      where: 'tools',
      spans: 2,
      ns: 140e6,
    },
    {
      operation: 'human_feedback',
      service: 'agents',
      role: 'tool',
      type: 'idle',
      where: 'a person',
      spans: 1,
      ns: 58e6,
    },
    {
      operation: 'tool_call',
      service: 'agents',
      role: 'tool',
      type: 'edge',
      where: 'network',
      spans: 1,
      ns: 2e6,
    },
  ]);
});

test('the same operation of another service, or on the network, is a row of its own', () => {
  const [segment] = closedTrace().criticalPath;
  const shares = pathShares([
    segment,
    { ...segment, service: 'other' },
    { ...segment, type: 'edge' },
    { ...segment, spanId: 'b' },
  ]);
  expect(shares.map(({ where, spans }) => [where, spans])).toEqual([
    ['agents', 2],
    ['other', 1],
    ['network', 1],
  ]);
});

test('64-bit times that came as text count too', () => {
  const [segment] = closedTrace().criticalPath;
  expect(pathShares([{ ...segment, startNs: 0, endNs: '9007199254740994' }])[0].ns).toBe(9007199254740994);
});

const many = closedTrace({
  criticalPath: Array.from({ length: 11 }, (_, i) => ({
    ...closedTrace().criticalPath[0],
    ...{ operation: `step ${i}`, startNs: i * 50e6, endNs: i * 50e6 + (i + 1) * 1e6 },
  })),
});

test('eight rows and the rest in one; all of them where asked', () => {
  const lines = pathLines(many, view());
  expect(lines.length).toBe(1 + 9);
  expect(lines[1]).toMatch(/^ {2}step 10 /);
  // step 2, 1 and 0: 3 + 2 + 1 ms of 600.
  expect(lines.at(-1)).toMatch(/^ {2}… 3 more +6 ms +1 % {2}▌$/);
  const all = pathLines(many, view({ all: true }));
  expect(all.length).toBe(1 + 11);
  expect(all.join()).not.toContain('more');
});

test('a share that is there but rounds to nothing says so', () => {
  const [segment] = closedTrace().criticalPath;
  const shareOf = (ms: number) =>
    pathLines(closedTrace({ criticalPath: [{ ...segment, startNs: 0, endNs: ms * 1e6 }] }), view())[1];
  // Of 600 ms.
  expect(shareOf(2)).toMatch(/ <1 % /);
  expect(shareOf(4)).toMatch(/ 1 % /);
});

test('a trace that took no time has no shares', () => {
  const { summary, criticalPath } = closedTrace();
  const lines = pathLines(
    closedTrace({ summary: { ...summary, durationMs: 0 }, criticalPath: [criticalPath[0]] }),
    view(),
  );
  expect(lines[1]).toMatch(/0 % *$/);
});

test('the bar gives way to long names, then names take a second line; nothing is cut', () => {
  const [segment] = closedTrace().criticalPath;
  const linesOf = (operation: string, width: number) =>
    pathLines(closedTrace({ criticalPath: [{ ...segment, operation }] }), view({ width })).slice(1);
  expect(linesOf('a name of 43 columns, which does fit a line', 80)).toEqual([
    '  a name of 43 columns, which does fit a line  agents  400 ms   67 %  ██████▋',
  ]);
  expect(linesOf('a name of fifty columns, which do not fit one line', 80)).toEqual([
    '  a name of fifty columns, which do not fit one  agents  400 ms   67 %  █████▍',
    '  line',
  ]);
});

test('no limit, no second line: the bar is as usual', () => {
  const [segment] = closedTrace().criticalPath;
  const operation = 'word '.repeat(40).trim();
  const trace = closedTrace({ criticalPath: [{ ...segment, operation, service: operation }] });
  expect(pathLines(trace, view({ width: Number.POSITIVE_INFINITY })).slice(1)).toEqual([
    `  ${operation}  ${operation}  400 ms   67 %  █████████████▍`,
  ]);
});
