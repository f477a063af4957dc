import { describe, expect, test } from 'vitest';
import { interleave, ratios, voidRounds } from './rounds.ts';

const quiet = { progress: () => undefined };

/** Runs rounds whose costs are given per variant and round. */
async function played(costs: Record<string, readonly number[]>, rounds: number, only?: readonly string[]) {
  const order: string[] = [];
  const done = await interleave(
    { ...quiet, rounds, only },
    {
      variants: Object.keys(costs),
      run: async (variant, round) => {
        order.push(`${variant}${round}`);
        return costs[variant][round];
      },
      cost: (measure) => measure,
    },
  );
  return { done, order };
}

describe('rounds', () => {
  test('every variant once a round, in a rotating order', async () => {
    const { order } = await played({ a: [1, 1, 1], b: [2, 2, 2], c: [3, 3, 3] }, 3);
    expect(order).toEqual(['a0', 'b0', 'c0', 'b1', 'c1', 'a1', 'c2', 'a2', 'b2']);
  });

  test('a round whose baseline moved over 30 % is void and repeated', async () => {
    const { done } = await played({ peer: [10, 14, 10, 11], ours: [1, 2, 1, 1] }, 3);
    expect(done.of('peer')).toEqual([10, 10, 11]);
    expect(done.of('ours')).toEqual([1, 1, 1]);
    expect(done.notes).toEqual(['1 round was void: peer was over 30 % off its median']);
  });

  test('30 % is not over 30 %', () => {
    expect([...voidRounds([10, 10, 13, 7])]).toEqual([]);
    expect([...voidRounds([10, 10, 10, 13.1, 6.9])]).toEqual([3, 4]);
  });

  test('repeating is bounded, and what is left is said', async () => {
    const { done, order } = await played({ peer: [10, 20, 10, 11, 40, 10] }, 4);
    expect(order).toHaveLength(6);
    expect(done.of('peer')).toEqual([10, 10, 11, 10]);
    const few = await played({ peer: [10, 20, 10, 40, 5, 10] }, 3);
    expect(few.order).toHaveLength(5);
    expect(few.done.of('peer')).toEqual([10, 10]);
    expect(few.done.notes).toEqual([
      '3 rounds were void: peer was over 30 % off its median; 2 of 3 rounds count',
    ]);
  });

  test('where nearly every round is disturbed, nothing is reported', async () => {
    const wild = played({ peer: [10, 20, 40, 80, 160, 320] }, 4);
    await expect(wild).rejects.toThrow('too busy to measure');
  });

  test('another variant than the first may be the baseline', async () => {
    const done = await interleave(
      { ...quiet, rounds: 3 },
      {
        variants: ['ours', 'peer'],
        baseline: 'peer',
        run: async (variant, round) => (variant === 'peer' ? [10, 20, 10, 10] : [1, 1, 1, 1])[round],
        cost: (measure) => measure,
      },
    );
    expect(done.of('peer')).toEqual([10, 10, 10]);
  });

  test('a ratio is taken inside each round', async () => {
    const { done } = await played({ peer: [10, 12, 9], ours: [1, 2, 3] }, 3);
    const [ratio] = ratios('peer / ours', done, ['peer', 'ours'], (x) => x, { atLeast: 5 });
    expect(ratio).toEqual({ name: 'peer / ours', median: 6, min: 3, max: 10, atLeast: 5 });
  });

  test('a variant that is left out has no measures and no ratios', async () => {
    const { done, order } = await played({ peer: [10], ours: [1] }, 1, ['ours']);
    expect(order).toEqual(['ours0']);
    expect(done.of('peer')).toEqual([]);
    expect(ratios('peer / ours', done, ['peer', 'ours'], (x) => x)).toEqual([]);
  });

  test('a variant that fails ends the case', async () => {
    const failing = interleave(
      { ...quiet, rounds: 2 },
      {
        variants: ['a'],
        run: () => Promise.reject(new Error('3 rows are missing')),
        cost: () => 1,
      },
    );
    await expect(failing).rejects.toThrow('3 rows are missing');
  });
});
