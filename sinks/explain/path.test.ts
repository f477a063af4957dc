import { expect, test } from 'vitest';
import { pathLines, pathShares } from './path.ts';
import { closedTrace, view } from './testing.ts';

test('segments of one operation, service and kind are one row; a span with two segments counts once', () => {
  expect(pathShares(closedTrace().criticalPath)).toEqual([
    { operation: 'worker', where: 'agents', spans: 1, ns: 400e6 },
    { operation: 'GET /tool/:name', where: 'tools', spans: 2, ns: 140e6 },
    { operation: 'human_feedback', where: 'a person', spans: 1, ns: 58e6 },
    { operation: 'tool_call', where: 'network', spans: 1, ns: 2e6 },
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
