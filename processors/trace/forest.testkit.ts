import fc from 'fast-check';
import type { TestSpan } from './testkit.ts';

/**
 * Any forest with any times: skewed clocks, overlaps, several roots, missing parents, cycles, links, one id shared by
 * several spans, some without duration.
 */
export const anySpans: fc.Arbitrary<TestSpan[]> = fc
  .array(
    fc.record({
      // Mostly each its own, sometimes another's.
      id: fc.option(fc.nat(30), { nil: undefined, freq: 10 }),
      parent: fc.option(fc.nat(30), { nil: undefined }),
      start: fc.oneof(
        fc.nat(200),
        fc.nat(800).map((quarters) => quarters / 4),
      ),
      length: fc.nat(100),
      kind: fc.integer({ min: 0, max: 5 }),
      name: fc.constantFrom('workflow', 'worker', 'tool_call', 'human_review', 'chat', 'step 17', 'loop'),
      error: fc.boolean(),
      service: fc.constantFrom('a', 'b'),
      instance: fc.constantFrom(undefined, 'i-1', 'i-2'),
      skew: fc.constantFrom(0, 0, 0, 0, -500, 30),
      links: fc.array(fc.nat(30), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((list) =>
    list.map(
      ({ id, parent, start, length, skew, links, ...rest }, i): TestSpan => ({
        ...rest,
        id: (id ?? i) + 1,
        parent: parent === undefined ? undefined : parent + 1,
        start: start + skew,
        end: start + skew + length,
        links: links.map((link) => link + 1),
      }),
    ),
  );
