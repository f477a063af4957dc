import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
// Importing it applies the correction.
import './kafkajs.ts';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
  destroy(): void;
}
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (
  options: object,
) => Queue;

const silent = { debug: () => {}, warn: () => {}, info: () => {}, error: () => {} };
let queue: Queue;

beforeEach(() => {
  vi.useFakeTimers();
  queue = new RequestQueue({ requestTimeout: 1_000, clientId: 'test', broker: 'a:1', logger: silent });
});
afterEach(() => {
  queue.destroy();
  vi.useRealTimers();
});

test('with nothing waiting there is no timer', () => {
  queue.checkPendingRequests();
  expect(vi.getTimerCount()).toBe(0);
});

test('a request that waits is looked at again soon', () => {
  queue.pending = [{}];
  const check = vi.spyOn(queue, 'checkPendingRequests').mockImplementation(() => {});
  queue.scheduleCheckPendingRequests();
  queue.scheduleCheckPendingRequests();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(10);
  expect(check).toHaveBeenCalledTimes(1);
});

test('a throttled one when the broker lets it', () => {
  queue.pending = [{}];
  queue.throttledUntil = Date.now() + 700;
  const check = vi.spyOn(queue, 'checkPendingRequests').mockImplementation(() => {});
  queue.scheduleCheckPendingRequests();
  vi.advanceTimersByTime(699);
  expect(check).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(check).toHaveBeenCalledTimes(1);
});
