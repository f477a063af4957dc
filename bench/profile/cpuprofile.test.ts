import { describe, expect, test } from 'vitest';
import { type CpuProfile, framesOf, functionTimes } from './cpuprofile.ts';

const frame = (functionName: string, url = 'file:///p/a.ts', lineNumber = 4) => ({
  functionName,
  url,
  lineNumber,
});

/** root → main → work → work (recursion), and idle. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 5] },
    { id: 2, callFrame: frame('main'), children: [3, 6] },
    { id: 3, callFrame: frame('work'), children: [4] },
    { id: 4, callFrame: frame('work') },
    { id: 5, callFrame: frame('(idle)', '') },
    { id: 6, callFrame: frame('work'), children: [] },
  ],
  samples: [2, 3, 4, 5, 6, 4],
  timeDeltas: [10, 20, 30, 1_000, 5, -3],
};

describe('a CPU profile', () => {
  test('time of samples sums up the stack, without idle time', () => {
    const root = framesOf(profile, '/p/');
    expect(root.total).toBe(65);
    const [main] = root.children;
    expect(main).toMatchObject({ name: 'main', at: 'a.ts:5', self: 10, total: 65 });
  });

  test('calls of the same function at the same place are one frame', () => {
    const [main] = framesOf(profile).children;
    expect(main.children).toHaveLength(1);
    expect(main.children[0]).toMatchObject({ name: 'work', self: 25, total: 55 });
    expect(main.children[0].children).toMatchObject([{ name: 'work', self: 30, total: 30 }]);
  });

  test('functions by self time; a recursion counts once in the total', () => {
    expect(functionTimes(framesOf(profile, '/p/'))).toEqual([
      { name: 'work', at: 'a.ts:5', self: 55, total: 55 },
      { name: 'main', at: 'a.ts:5', self: 10, total: 65 },
      { name: '(root)', at: '', self: 0, total: 65 },
    ]);
  });

  test('packages are named without where they are installed', () => {
    const named = (url: string) =>
      framesOf({ ...profile, nodes: [{ id: 2, callFrame: frame('f', url) }] }, '/p/').at;
    expect(named('file:///p/node_modules/kafkajs/src/x.js')).toBe('kafkajs/src/x.js:5');
    expect(named('node:zlib')).toBe('node:zlib:5');
  });
});
