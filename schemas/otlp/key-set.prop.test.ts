import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATTRIBUTES_OF, findAttribute } from './attributes.ts';
import { SpanColumns } from './columns.ts';
import { KeySet, type Located } from './key-set.ts';
import { skimSpans } from './skim.ts';
import { encodeTraces } from './write.ts';

const KEYS = [
  'a',
  'bb',
  'ba',
  'ati.role',
  'gen_ai.agent.name',
  'http.response.status_code',
  'key'.repeat(20),
];
const set = new KeySet(ATTRIBUTES_OF.span, KEYS.slice(1));
const ID = '0af7651916cd43dd';

const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.double(), fc.array(fc.integer()));
const attributes = fc.dictionary(fc.constantFrom(...KEYS, 'other', ''), value);
/** What stands before the attributes: some of it may be missing. */
const head = fc.record(
  {
    parentSpanId: fc.constant(ID),
    name: fc.constantFrom('', 'n', 'J'.repeat(127), 'longer'.repeat(30)),
    kind: fc.nat(5),
    startTimeUnixNano: fc.constantFrom(0n, 1n),
    endTimeUnixNano: fc.constantFrom(0n, 2n),
  },
  { requiredKeys: ['name', 'startTimeUnixNano', 'endTimeUnixNano'] },
);
type Head = typeof head extends fc.Arbitrary<infer H> ? H : never;

function spanOf(
  of: Record<string, unknown>,
  before: Head,
): { b: Uint8Array; offset: number; length: number } {
  const span = { traceId: ID + ID, spanId: ID, ...before };
  const b = encodeTraces({
    resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes: of as Record<string, string> }] }] }],
  });
  const columns = new SpanColumns();
  expect(skimSpans(b, columns)).toMatchObject({ ok: true });
  return { b, offset: columns.spanOffset[0], length: columns.spanLength[0] };
}

function expectEqual(b: Uint8Array, offset: number, length: number): void {
  const located: Located = { found: new Int32Array(1), at: new Int32Array(set.width) };
  set.locate(b, offset, length, located, 0);
  for (const key of KEYS)
    expect(set.read(b, offset, length, located, 0, key)).toEqual(
      findAttribute(b, offset, length, ATTRIBUTES_OF.span, key),
    );
}

test('what one walk finds is what a search for each key finds', () => {
  fc.assert(
    fc.property(attributes, head, (of, before) => {
      const { b, offset, length } = spanOf(of, before);
      expectEqual(b, offset, length);
    }),
  );
});

test('of damaged bytes, too', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(attributes, head, damage, fc.nat(), (of, before, changes, cut) => {
      const { b, offset, length } = spanOf(of, before);
      const damaged = Uint8Array.from(b);
      for (const [at, byte] of changes) damaged[offset + (at % length)] = byte;
      expectEqual(damaged, offset, length);
      expectEqual(damaged, offset, cut % (length + 1));
    }),
    { numRuns: 500 },
  );
});
