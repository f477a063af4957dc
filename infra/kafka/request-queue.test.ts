import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
// Importing it applies the correction.
import './kafkajs.ts';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
  push(request: object): void;
  waitForPendingRequests(): Promise<void>;
  destroy(): void;
}
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (
  options: object,
) => Queue;

const silent = { debug: () => {}, warn: () => {}, info: () => {}, error: () => {} };
let queue: Queue;
let connected: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  connected = true;
  queue = new RequestQueue({
    requestTimeout: 1_000,
    enforceRequestTimeout: true,
    clientId: 'test',
    broker: 'a:1',
    logger: silent,
    isConnected: () => connected,
  });
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

/** Sends a request that nobody answers; gives what became of it. */
function unanswered(correlationId: number): { outcome: string } {
  const request = { outcome: 'waits' };
  const entry = {
    apiName: 'Produce',
    correlationId,
    resolve: () => undefined,
    reject: (error: Error) => {
      request.outcome = error.name;
    },
  };
  queue.push({ entry, expectResponse: true, requestTimeout: null, sendRequest: () => undefined });
  return request;
}

test('requests on a connection that is being closed time out too, and then no timer is left', async () => {
  queue.scheduleRequestTimeoutCheck();
  const first = unanswered(1);
  vi.advanceTimersByTime(600);
  const second = unanswered(2);
  // As `disconnect` does: no longer connected, and waiting for what is under way.
  connected = false;
  const closed = queue.waitForPendingRequests();
  vi.advanceTimersByTime(600);
  expect([first.outcome, second.outcome]).toEqual(['KafkaJSRequestTimeoutError', 'waits']);
  vi.advanceTimersByTime(600);
  expect(second.outcome).toBe('KafkaJSRequestTimeoutError');
  await closed;
  expect(vi.getTimerCount()).toBe(0);
});
