import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { KeyedQueue } from './partition-queue.ts';

function gated(order: string[], name: string) {
  const gate = Promise.withResolvers<void>();
  const task = async () => {
    order.push(`${name} starts`);
    await gate.promise;
    order.push(`${name} ends`);
    return name;
  };
  return { task, open: gate.resolve, fail: gate.reject };
}

test('tasks of one key run one after the other, in the order of the calls', async () => {
  const queue = new KeyedQueue();
  const order: string[] = [];
  const a = gated(order, 'a');
  const b = gated(order, 'b');
  const both = [queue.run(['p'], a.task), queue.run(['p'], b.task)];
  b.open();
  await turn();
  expect(order).toEqual(['a starts']);
  a.open();
  expect(await Promise.all(both)).toEqual(['a', 'b']);
  expect(order).toEqual(['a starts', 'a ends', 'b starts', 'b ends']);
});

test('tasks of different keys run beside each other', async () => {
  const queue = new KeyedQueue();
  const order: string[] = [];
  const a = gated(order, 'a');
  const b = gated(order, 'b');
  const both = [queue.run(['p'], a.task), queue.run(['q'], b.task)];
  await turn();
  expect(order).toEqual(['a starts', 'b starts']);
  a.open();
  b.open();
  await Promise.all(both);
});

test('a task of several keys waits for all of them, and those after wait for it', async () => {
  const queue = new KeyedQueue();
  const order: string[] = [];
  const a = gated(order, 'a');
  const ab = gated(order, 'ab');
  const b = gated(order, 'b');
  const all = [queue.run(['p'], a.task), queue.run(['p', 'q'], ab.task), queue.run(['q'], b.task)];
  b.open();
  await turn();
  expect(order).toEqual(['a starts']);
  a.open();
  ab.open();
  await Promise.all(all);
  expect(order).toEqual(['a starts', 'a ends', 'ab starts', 'ab ends', 'b starts', 'b ends']);
});

test('a task that fails rejects for its caller only', async () => {
  const queue = new KeyedQueue();
  const failing = queue.run(['p'], async () => {
    throw new Error('no');
  });
  const next = queue.run(['p'], async () => 'yes');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

test('idle waits for what was queued meanwhile', async () => {
  const queue = new KeyedQueue();
  const order: string[] = [];
  const a = gated(order, 'a');
  const running = queue.run(['p'], a.task);
  const idle = queue.idle().then(() => order.push('idle'));
  const later = queue.run(['p'], async () => void order.push('later'));
  a.open();
  await Promise.all([running, later, idle]);
  expect(order).toEqual(['a starts', 'a ends', 'later', 'idle']);
});
