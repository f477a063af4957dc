import { expect, test, vi } from 'vitest';
import { Gate } from './gate.ts';

test('never more than its places at once, the others in order, also after a failure', async () => {
  const gate = new Gate(2);
  const started: number[] = [];
  const tasks = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const results = tasks.map((task, i) =>
    gate.run(() => {
      started.push(i);
      return task.promise;
    }),
  );
  await vi.waitUntil(() => started.length === 2);
  tasks[1].reject(new Error('broken'));
  await expect(results[1]).rejects.toThrow('broken');
  await vi.waitUntil(() => started.length === 3);
  expect(started).toEqual([0, 1, 2]);
  for (const [i, task] of tasks.entries()) task.resolve(i);
  expect(await Promise.all([results[0], results[2], results[3], results[4]])).toEqual([0, 2, 3, 4]);
  expect(started).toEqual([0, 1, 2, 3, 4]);
});
