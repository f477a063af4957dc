import { expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.ts';

it('lets through what fits, in order, and one that is larger than the whole alone', async () => {
  const budget = new ByteBudget(10);
  const went: string[] = [];
  const take = (name: string, bytes: number) => budget.take(bytes).then(() => went.push(name));
  await take('a', 6);
  const b = take('b', 6);
  const c = take('c', 1);
  await Promise.resolve();
  expect(went).toEqual(['a']);
  budget.give(6);
  await Promise.all([b, c]);
  expect(went).toEqual(['a', 'b', 'c']);
  const large = take('large', 50);
  budget.give(6);
  await Promise.resolve();
  expect(went).not.toContain('large');
  budget.give(1);
  await large;
  expect(budget.used).toBe(50);
});
