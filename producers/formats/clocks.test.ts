import { expect, test } from 'vitest';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { readTraceFile } from './read.ts';

const T = 1_790_000_000_000_000_000n;
const DAY = 86_400_000_000_000n;
const notesOf = (startTimeUnixNano: bigint, endTimeUnixNano?: bigint) => {
  const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  const spans = [{ ...span, startTimeUnixNano, endTimeUnixNano }];
  const { spans: read, notes } = readTraceFile(
    encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  );
  return [read, ...notes];
};
const MOMENT = 'spans without an end, or that end before they start: read as moments';
const LONG = 'spans of more than 52 days: read as 52 days';
const LATE = 'spans of after the year 2261: read as of its last days';

test.each<[string, [bigint, bigint?], string[]]>([
  ['a span', [T, T + 5n], []],
  ['a moment', [T, T], []],
  ['one of 52 days', [T, T + 52n * DAY], []],
  ['one of 53 days', [T, T + 53n * DAY], [LONG]],
  ['no end', [T], [MOMENT]],
  ['an end before the start', [T, T - 1n], [MOMENT]],
  ['an end that never comes', [T, 2n ** 63n - 1n], [LONG]],
  ['a start in the year 2261', [2n ** 63n - 200n * DAY, 2n ** 63n - 200n * DAY], []],
  ['a start in the last years of 64 bits', [2n ** 64n - 2n, 2n ** 64n - 1n], [LATE]],
])('%s', (_, [start, end], notes) => {
  expect(notesOf(start, end)).toEqual([1, ...notes]);
});
