import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Lifecycle } from './lifecycle.ts';

const log = pino({ level: 'silent' });

test('stages run in order, whatever the order of registration; within a stage the last registered first', async () => {
  const lifecycle = new Lifecycle(log);
  const order: string[] = [];
  lifecycle.onStop('closed', 'kafka', () => order.push('kafka'));
  lifecycle.onStop('closed', 'producer', () => order.push('producer'));
  lifecycle.onStop('committed', 'offsets', () => order.push('offsets'));
  lifecycle.onStop('draining', 'http', async () => void order.push('http'));
  lifecycle.onStop('flushed', 'batches', () => order.push('batches'));
  expect(await lifecycle.stop()).toBe(0);
  expect(order).toEqual(['http', 'batches', 'offsets', 'producer', 'kafka']);
});

test('a stage waits for the one before', async () => {
  const lifecycle = new Lifecycle(log);
  const gate = Promise.withResolvers<void>();
  let flushed = false;
  lifecycle.onStop('draining', 'http', () => gate.promise);
  lifecycle.onStop('flushed', 'batches', () => {
    flushed = true;
  });
  const stopped = lifecycle.stop();
  await Promise.resolve();
  expect(lifecycle.state).toBe('draining');
  expect(flushed).toBe(false);
  gate.resolve();
  await stopped;
  expect(flushed).toBe(true);
  expect(lifecycle.state).toBe('closed');
});

test('stopping twice runs every hook once', async () => {
  const lifecycle = new Lifecycle(log);
  let runs = 0;
  lifecycle.onStop('closed', 'once', () => runs++);
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  expect(runs).toBe(1);
});

test('a hook that fails or hangs does not keep the others from stopping, and the exit code says so', async () => {
  const lifecycle = new Lifecycle(log, 10);
  const order: string[] = [];
  lifecycle.onStop('draining', 'hangs', () => new Promise(() => {}));
  lifecycle.onStop('flushed', 'fails', () => {
    throw new Error('disk');
  });
  lifecycle.onStop('closed', 'last', () => order.push('last'));
  expect(await lifecycle.stop()).toBe(1);
  expect(order).toEqual(['last']);
});

test('ready is reached once, and never after the stop has begun', async () => {
  const lifecycle = new Lifecycle(log);
  expect(lifecycle.ready).toBe(false);
  lifecycle.markReady();
  expect(lifecycle.ready).toBe(true);
  await lifecycle.stop();
  lifecycle.markReady();
  expect(lifecycle.ready).toBe(false);
});
