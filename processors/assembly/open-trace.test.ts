import { expect, it } from 'vitest';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { testBatch } from '../testing/span-log.ts';
import { OpenTrace } from './open-trace.ts';
import { ASSEMBLY_DEFAULTS } from './settings.ts';

it('has let its spans go when it is forgotten: a queue may hold it for minutes', () => {
  const { otlp } = testBatch(0, [
    { trace: 1, span: 2 },
    { trace: 1, span: 1 },
  ]);
  const rows = new SpanColumns();
  expect(skimSpans(otlp, rows).ok).toBe(true);
  const trace = new OpenTrace('default', '01', { offset: 0, clockBefore: 0, clock: 0 }, ASSEMBLY_DEFAULTS);
  for (let row = 0; row < rows.n; row++) expect(trace.offer(rows, row, otlp, 0)).toBe('added');
  expect(trace.spans.byteLength).toBeGreaterThan(0);

  trace.revise(10_000);
  trace.forget();
  trace.schedule();

  expect([trace.due, trace.spans.byteLength, trace.spans.columns.capacity]).toEqual([Infinity, 0, 0]);
});
