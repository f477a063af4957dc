/** Files that are made to hurt: each of these once overflowed the stack, or took seconds for a few bytes. */
import { describe, expect, test } from 'vitest';
import { type Format, readTraceFile } from './read.ts';
import { bytesOf } from './testing.ts';

const ZIPKIN = '{"traceId":"1","id":"2","timestamp":1,"duration":1}';
const nested = (depth: number, inner: string, open = '[', close = ']') =>
  open.repeat(depth) + inner + close.repeat(depth);

function read(text: string, format?: Format) {
  const { spans, faults } = readTraceFile(bytesOf(text), format);
  return { spans, reasons: faults.first.map(({ reason }) => reason) };
}

describe('nesting', () => {
  test('lists that hold nothing', () => {
    expect(read(nested(200_000, ''))).toEqual({
      spans: 0,
      reasons: [expect.stringContaining('a list of 1 that are no spans')],
    });
  });

  test('every list is looked into once: 2^27 looks would not end', () => {
    expect(read(nested(27, ZIPKIN))).toEqual({ spans: 1, reasons: [] });
  });

  test.each<[Format, string]>([
    ['zipkin-v2', nested(100_000, ZIPKIN)],
    ['otlp-json', nested(100_000, '{"resourceSpans":[]}', '{"result":', '}')],
  ])('deeper than 64 levels, as %s', (format, text) => {
    expect(read(text, format)).toEqual({ spans: 0, reasons: ['nested deeper than 64 levels'] });
  });

  test('too deep a list takes only itself with it', () => {
    expect(read(`[${ZIPKIN},${nested(70, ZIPKIN)},${ZIPKIN}]`)).toEqual({
      spans: 2,
      reasons: ['nested deeper than 64 levels'],
    });
  });

  test('envelopes in each other, beside spans', () => {
    expect(read(nested(100_000, '{}', '{"resourceSpans":[],"result":', '}')).reasons).toEqual([
      'nested deeper than 64 levels',
    ]);
  });
});

describe('many documents', () => {
  test('a hundred thousand broken lines', () => {
    const { faults } = readTraceFile(bytesOf('{broken, for the length of a line é\n'.repeat(100_000)));
    expect([faults.count, faults.first.length]).toEqual([100_000, 100]);
    expect(faults.first[99].place).toBe(`line 100, column 2 (byte ${99 * 37 + 1})`);
  });

  test('a hundred thousand on one line', () => {
    const { faults } = readTraceFile(bytesOf(`${'{} '.repeat(100_000)}\n{} x`));
    expect([faults.count, faults.first[0].place]).toEqual([100_002, 'line 1']);
  });
});

test('a process of many tags, broken or not, is read once for all of its spans', () => {
  const tags = Array.from({ length: 20_000 }, (_, i) => ({ key: `k${i}`, value: i }));
  const spans = Array.from({ length: 10_000 }, (_, i) => ({
    ...{ spanID: String(i + 1), operationName: 'x', startTime: 1, duration: 1 },
    processID: i % 2 === 0 ? 'whole' : 'broken',
  }));
  const processes = {
    whole: { serviceName: 's', tags },
    broken: { serviceName: 's', tags: [...tags, { key: 'k', value: [] }] },
  };
  const { spans: read, skipped } = readTraceFile(bytesOf({ traceID: '1', spans, processes }));
  expect([read, skipped.count]).toEqual([5_000, 5_000]);
  expect(skipped.first[0].place).toBe('processes.broken.tags[20000].value');
});
