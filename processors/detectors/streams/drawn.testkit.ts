/** For tests: a stream drawn by hand beside calls drawn by hand. Times in ms. */
import type { OtlpAttributes } from '#schemas/otlp/write.ts';
import type { TestSpan } from '../../trace/testkit.ts';

export interface Drawn {
  /** Chunks before and after the gap. */
  readonly gapMs: number;
  readonly interval?: number;
  readonly declared?: number;
  /** The stream's length. */
  readonly length?: number;
  /** Chunks before the gap. */
  readonly before?: number;
  /** Background calls, from the gap's start, and what they cover of it. */
  readonly calls?: number;
  readonly covered?: number;
  /** Another gap of the same length. */
  readonly gaps?: number;
  /** From the gap's start the stream's own tool. */
  readonly ownMs?: number;
}

/** A steady stream with gaps, beside which calls of another agent run; the background runs to the stream's end. */
export function drawn(options: Drawn): TestSpan[] {
  const { gapMs, interval = 50, before = 40, calls = 20, covered = gapMs, gaps = 1, ownMs = 0 } = options;
  const offsets: number[] = [];
  const spans: TestSpan[] = [];
  let now = 0;
  const steady = (count: number) => {
    for (let i = 1; i <= count; i++) offsets.push(now + i * interval);
    now += count * interval;
  };
  let id = 100;
  for (let gap = 0; gap < gaps; gap++) {
    steady(before);
    for (let i = 0; i < calls; i++)
      spans.push(tool({ id: id++, parent: 3, name: 'index', start: now, end: now + covered }));
    if (ownMs > 0) spans.push(tool({ id: id++, parent: 2, name: 'lookup', start: now, end: now + ownMs }));
    now += gapMs - interval;
  }
  steady(20);
  const end = options.length ?? now;
  const declared: OtlpAttributes =
    options.declared === undefined ? {} : { 'ati.stream.interval_ms': options.declared };
  return [
    { id: 1, name: 'workflow', start: 0, end: end + 1000 },
    {
      id: 2,
      parent: 1,
      name: 'token_stream',
      start: 0,
      end,
      attributes: { 'ati.role': 'stream', 'ati.stream.token_offsets_ms': offsets, ...declared },
    },
    { id: 3, parent: 1, name: 'planner', start: 0, end: end + 1000 },
    ...spans,
  ];
}

/** A call of the tool that `name` says. */
export function tool(span: Pick<TestSpan, 'id' | 'parent' | 'start' | 'end'> & { name: string }): TestSpan {
  const attributes = { 'ati.role': 'tool', 'gen_ai.tool.name': span.name };
  return { ...span, name: 'tool_call', attributes };
}
