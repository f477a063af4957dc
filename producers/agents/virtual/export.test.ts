import { SpanKind } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { exportsOf } from './export.ts';
import { Random, seedBytes } from './random.ts';
import { VirtualSpan } from './virtual-span.ts';

const START = 1_700_000_000_000;
const ids = new Random(seedBytes('export test'));

function spanOf(start: number, end: number, parent?: VirtualSpan, remote?: boolean): VirtualSpan {
  const identity = { traceId: ids.id(16), spanId: ids.id(8), parent, remote };
  const span = new VirtualSpan(identity, 'work', { kind: SpanKind.CLIENT, attributes: { n: 1 } }, start);
  span.end = end;
  return span;
}
const service = (ended: readonly VirtualSpan[], serviceName = 'app') => ({
  serviceName,
  instanceId: 'one',
  ended,
});
const sent = (ended: readonly VirtualSpan[], delayMs = 200) =>
  exportsOf([service(ended)], START, delayMs).map(({ atUnixMs, spanCount }) => [atUnixMs - START, spanCount]);

test('a batch leaves so long after its first span has ended, with all that have ended by then', () => {
  expect(sent([spanOf(0, 10), spanOf(0, 209), spanOf(0, 210), spanOf(0, 600)])).toEqual([
    [211, 2],
    [411, 1],
    [801, 1],
  ]);
});

test('nothing leaves before it has ended, nor more than a batch at once', () => {
  const many = Array.from({ length: 1100 }, (_, i) => spanOf(0, 100 + i / 100));
  expect(sent(many)).toEqual([
    [107, 512], // ended at 105.11
    [112, 512],
    [312, 76],
  ]);
});

test('each service sends for itself, in order of arrival', () => {
  const exports = exportsOf(
    [service([spanOf(0, 50), spanOf(0, 900)]), service([spanOf(0, 20)], 'tool-service')],
    START,
    200,
  );
  const names = exports.map(({ otlp }) => /app|tool-service/.exec(Buffer.from(otlp).toString('latin1'))?.[0]);
  expect(names).toEqual(['tool-service', 'app', 'app']);
});

test('times are those of the SDK: a start in whole ms, an end so much later as it took', () => {
  const parent = spanOf(0.2, 90);
  const [request] = exportsOf([service([spanOf(7.9, 10.4503, parent, true)])], START, 200);
  const columns = new SpanColumns();
  expect(skimSpans(request.otlp, columns)).toEqual({ ok: true, added: 1 });
  const nanos = (at: number) => (BigInt(columns.time[at + 1]) << 32n) | BigInt(columns.time[at]);
  expect(nanos(0)).toBe(BigInt(START + 7) * 1_000_000n);
  expect(nanos(2)).toBe(BigInt(START + 7) * 1_000_000n + 2_550_300n);
  expect(columns.kind[0]).toBe(3);
  expect(Buffer.from(columns.parentId.subarray(0, 8))).toEqual(Buffer.from(parent.identity.spanId));
});
