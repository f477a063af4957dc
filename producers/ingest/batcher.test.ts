import { afterEach, expect, test, vi } from 'vitest';
import type { OutgoingRecord, ProduceAck } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import { Batcher } from './batcher.ts';
import { type Part, RECORD_OF } from './records.ts';

interface Sent {
  readonly records: readonly OutgoingRecord[];
  resolve(): void;
  reject(error: Error): void;
}

/** A log whose answers the test gives. */
function heldLog() {
  const sent: Sent[] = [];
  const send = (records: readonly OutgoingRecord[]) => {
    const answer = Promise.withResolvers<readonly ProduceAck[]>();
    sent.push({ records, resolve: () => answer.resolve([]), reject: answer.reject });
    return answer.promise;
  };
  return { sent, send };
}

function batcherOn(
  send: (records: readonly OutgoingRecord[]) => Promise<readonly ProduceAck[]>,
  bounds = {},
) {
  let clock = 1_000;
  return new Batcher({
    send,
    now: () => clock++,
    maxBytes: 100,
    maxItems: 100,
    recordOf: RECORD_OF.traces,
    lingerMs: 0,
    ackTimeoutMs: 60_000,
    onAck: () => {},
    ...bounds,
  });
}

const part = (partition: number, text: string, count = 1): Part => ({
  partition,
  service: '',
  count,
  otlp: Buffer.from(text),
});
const batchesOf = (sent: Sent) =>
  sent.records.map(({ partition, value }) => {
    const decoded = decodeAs('SpanBatch', value as Uint8Array);
    if (!decoded.ok) throw new Error(decoded.reason);
    return { partition, ...decoded.value, otlp: Buffer.from(decoded.value.otlp).toString() };
  });

/** True when `promise` is settled after everything that is ready to run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  return settled;
}

afterEach(() => {
  vi.useRealTimers();
});

test('acknowledged only after the log has it', async () => {
  const { sent, send } = heldLog();
  const { outcome } = batcherOn(send).append('t', [part(0, 'a')]);
  expect(await isSettled(outcome)).toBe(false);
  sent[0].resolve();
  expect(await outcome).toEqual({ ok: true });
});

test('a request in two partitions waits for both', async () => {
  const { sent, send } = heldLog();
  const { outcome } = batcherOn(send).append('t', [part(0, 'a'), part(1, 'b')]);
  await vi.waitUntil(() => sent.length === 2);
  sent[1].resolve();
  expect(await isSettled(outcome)).toBe(false);
  sent[0].resolve();
  expect(await outcome).toEqual({ ok: true });
});

test('concurrent requests share one SpanBatch per tenant and partition', async () => {
  const { sent, send } = heldLog();
  const batcher = batcherOn(send);
  const outcomes = [
    batcher.append('t', [part(0, 'a', 2)]),
    batcher.append('u', [part(0, 'x', 5)]),
    batcher.append('t', [part(0, 'b', 3)]),
  ].map(({ outcome }) => outcome);
  await vi.waitUntil(() => sent.length === 1);
  const receivedAt = 1_000;
  expect(batchesOf(sent[0])).toEqual([
    { partition: 0, tenant: 't', receivedAt, spanCount: 5, otlp: 'ab' },
    { partition: 0, tenant: 'u', receivedAt, spanCount: 5, otlp: 'x' },
  ]);
  sent[0].resolve();
  expect(await Promise.all(outcomes)).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
});

test('one send in flight per partition; what came meanwhile follows in order, stamped when it is cut', async () => {
  const { sent, send } = heldLog();
  const batcher = batcherOn(send);
  batcher.append('t', [part(0, 'a')]);
  await vi.waitUntil(() => sent.length === 1);
  batcher.append('t', [part(0, 'b')]);
  batcher.append('t', [part(0, 'c')]);
  const other = batcher.append('t', [part(1, 'z')]);
  await vi.waitUntil(() => sent.length === 2); // another partition does not wait
  expect(batchesOf(sent[1])[0]).toMatchObject({ partition: 1, otlp: 'z' });
  sent[1].resolve();
  expect(await other.outcome).toEqual({ ok: true });
  expect(sent).toHaveLength(2);
  sent[0].resolve();
  await vi.waitUntil(() => sent.length === 3);
  const [later] = batchesOf(sent[2]);
  expect(later).toMatchObject({ partition: 0, otlp: 'bc' });
  expect(later.receivedAt).toBeGreaterThan(batchesOf(sent[0])[0].receivedAt);
});

test('bounds cut a send: by bytes, by spans; a part over the bound goes alone', async () => {
  const { sent, send } = heldLog();
  const batcher = batcherOn(send, { maxBytes: 4, maxItems: 3 });
  const parts = [
    part(0, 'aa'),
    part(0, 'bb'),
    part(0, 'c'),
    part(0, 'd', 3),
    part(0, 'longer'),
    part(0, 'e'),
  ];
  for (const each of parts) batcher.append('t', [each]);
  const seen: string[] = [];
  for (let i = 0; i < 5; i++) {
    await vi.waitUntil(() => sent.length > i);
    seen.push(batchesOf(sent[i])[0].otlp);
    sent[i].resolve();
  }
  expect(seen).toEqual(['aabb', 'c', 'd', 'longer', 'e']);
});

test('a failed send fails the requests that have a part in it, and no other', async () => {
  const { sent, send } = heldLog();
  const batcher = batcherOn(send);
  const both = batcher.append('t', [part(0, 'a'), part(1, 'b')]);
  const first = batcher.append('t', [part(0, 'c')]);
  const second = batcher.append('t', [part(1, 'd')]);
  await vi.waitUntil(() => sent.length === 2);
  sent[0].reject(new Error('leader gone'));
  sent[1].resolve();
  expect(await both.outcome).toMatchObject({ ok: false, error: { message: 'leader gone' } });
  expect(await first.outcome).toMatchObject({ ok: false });
  expect(await second.outcome).toEqual({ ok: true });
});

test('after a failed send the lane goes on', async () => {
  const { sent, send } = heldLog();
  const batcher = batcherOn(send);
  batcher.append('t', [part(0, 'a')]);
  await vi.waitUntil(() => sent.length === 1);
  const next = batcher.append('t', [part(0, 'b')]);
  sent[0].reject(new Error('leader gone'));
  await vi.waitUntil(() => sent.length === 2);
  sent[1].resolve();
  expect(await next.outcome).toEqual({ ok: true });
});

test('a send that throws at once is a failure, not a crash', async () => {
  const { outcome } = batcherOn(() => {
    throw new Error('closed');
  }).append('t', [part(0, 'a')]);
  expect(await outcome).toMatchObject({ ok: false, error: { message: 'closed' } });
});

test('at the deadline the client is told, what is in flight stays held, what is queued is never sent', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { sent, send } = heldLog();
  const batcher = batcherOn(send, { ackTimeoutMs: 500 });
  const inFlight = batcher.append('t', [part(0, 'a')]);
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  const queued = batcher.append('t', [part(0, 'b')]);
  vi.advanceTimersByTime(500);
  expect(await inFlight.outcome).toMatchObject({ ok: false });
  expect(await queued.outcome).toMatchObject({ ok: false });
  expect(await isSettled(inFlight.settled)).toBe(false);
  const waiting = batcher.append('t', [part(0, 'c')]);
  sent[0].resolve();
  await inFlight.settled;
  await queued.settled;
  await isSettled(waiting.outcome);
  expect(sent).toHaveLength(2);
  expect(batchesOf(sent[1])[0].otlp).toBe('c');
});

test('a small send waits for company, a large one does not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { sent, send } = heldLog();
  const batcher = batcherOn(send, { lingerMs: 5, maxBytes: 1 << 20 });
  const { outcome } = batcher.append('t', [part(0, 'a')]);
  await isSettled(outcome);
  batcher.append('t', [part(0, 'b'), part(1, 'x'.repeat(64 << 10))]);
  await isSettled(outcome);
  expect(sent.map((each) => batchesOf(each)[0].partition)).toEqual([1]);
  vi.advanceTimersByTime(5);
  await isSettled(outcome);
  expect(sent.map((each) => batchesOf(each)[0].otlp.slice(0, 2))).toEqual(['xx', 'ab']);
});

test('no parts: acknowledged at once, nothing sent', async () => {
  const { sent, send } = heldLog();
  expect(await batcherOn(send).append('t', []).outcome).toEqual({ ok: true });
  expect(sent).toHaveLength(0);
});

test('flush waits for what is queued and in flight', async () => {
  const { sent, send } = heldLog();
  const batcher = batcherOn(send, { maxBytes: 1 });
  batcher.append('t', [part(0, 'a')]);
  batcher.append('t', [part(0, 'b')]);
  const flushed = batcher.flush();
  await vi.waitUntil(() => sent.length === 1);
  sent[0].resolve();
  await vi.waitUntil(() => sent.length === 2);
  expect(await isSettled(flushed)).toBe(false);
  sent[1].resolve();
  await flushed;
  await batcher.flush();
});

test('parts of one service share a record, under its key; those of two services and tenants do not', async () => {
  const { sent, send } = heldLog();
  const batcher = batcherOn(send, { recordOf: RECORD_OF.metrics });
  const of = (service: string, text: string, count: number): Part => ({ ...part(0, text, count), service });
  batcher.append('t', [of('agents', 'a', 2), of('tools', 'x', 1)]);
  batcher.append('t', [of('agents', 'b', 3)]);
  batcher.append('u', [of('agents', 'c', 1)]);
  await vi.waitUntil(() => sent.length === 1);
  const seen = sent[0].records.map(({ key, value }) => {
    const decoded = decodeAs('MetricBatch', value as Uint8Array);
    if (!decoded.ok) throw new Error(decoded.reason);
    const { tenant, service, pointCount, otlp } = decoded.value;
    return [key, tenant, service, pointCount, Buffer.from(otlp).toString()];
  });
  expect(seen).toEqual([
    ['agents', 't', 'agents', 5, 'ab'],
    ['tools', 't', 'tools', 1, 'x'],
    ['agents', 'u', 'agents', 1, 'c'],
  ]);
});
