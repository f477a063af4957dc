/** The copies write what decoded values give, and take nothing that is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schemaText } from '#schemas/avro/catalog.ts';
import { avroType, decode, encode } from '#schemas/codec.ts';
import type { Finding } from '#schemas/events.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { copySignal } from './signal-copy.ts';
import { signals, writeSignal } from './signals.ts';
import { copyTrace } from './trace-copy.ts';
import { traces, writeTrace } from './traces.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 120, maxLength: 260 }),
);
const int = fc.integer();
/** Rarely one that is not copied. */
const mostly = <T>(usual: fc.Arbitrary<T>, any: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 200, arbitrary: usual }, { weight: 1, arbitrary: any });
const long = mostly(
  fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 50), max: 2 ** 51 })),
  fc.constantFrom(2 ** 53 - 2, 1 - 2 ** 52),
);
const nanos = mostly(
  fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n - 1n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
);
const double = mostly(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
);
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const type = fc.constantFrom('self', 'edge', 'idle' as const);
const source = fc.record({ partition: int, offset: long, sequence: int, clock: long });
const measure = fc.record({ name: text, value: double, unit: text });
const entry = fc.record({ label: text, startMs: double, durationMs: double, outcome: text });
const explained = fc.record({ incidentId: text, kind: text, agent: text, operation: text, signature: text });
const finding: fc.Arbitrary<Finding> = fc.record({
  kind: text,
  incidentId: text,
  severity: fc.constantFrom('warning', 'critical'),
  agent: text,
  operation: text,
  signature: text,
  root: fc.boolean(),
  evidence: list(measure),
  timeline: list(entry),
  explanation: text,
  recommendations: list(fc.record({ action: text, text })),
  explains: list(explained),
  explainedBy: text,
});
const node = { id: int, role: text, service: text, agent: text, operation: text, count: int, errors: int };
const trace = fc.record({
  tenant: text,
  traceId: text,
  revision: int,
  source,
  firstOffset: long,
  partial: fc.boolean(),
  rootSpanId: text,
  rootService: text,
  rootAgent: text,
  rootOperation: text,
  startUnixNano: nanos,
  durationNs: long,
  spanCount: int,
  errorCount: int,
  path: list(
    fc.record({ spanId: text, role: text, service: text, operation: text, startNs: long, endNs: long, type }),
  ),
  nodes: list(fc.record({ ...node, totalNs: long, pathNs: long })),
  edges: list(fc.record({ from: int, to: int, count: int, type: fc.constantFrom('child', 'link') })),
  findings: list(finding),
  insights: list(
    fc.record({
      kind: fc.constantFrom('chain', 'retries'),
      found: fc.boolean(),
      agent: text,
      operation: text,
      answer: text,
      evidence: list(measure),
      timeline: list(entry),
    }),
  ),
  shares: list(
    fc.record({
      type,
      role: text,
      service: text,
      agent: text,
      operation: text,
      instance: text,
      callerService: text,
      callerOperation: text,
      spans: int,
      errors: int,
      pathNs: long,
      dragNs: long,
    }),
  ),
});
const signal = fc.record({
  tenant: text,
  scope: fc.constantFrom('operation', 'instance'),
  agent: text,
  operation: text,
  traceId: text,
  revision: int,
  eventTime: long,
  source,
  calls: int,
  errors: int,
  durationMs: double,
  facts: list(fc.record({ kind: text, callee: text, values: list(measure) })),
  findings: list(finding),
  callees: list(text),
});
const traceBytes = trace.map((value) => encode('TraceSummary', value as never));
const signalBytes = signal.map((value) => encode('Signal', value as never));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The rows of a record by way of objects; a reason where it has none. */
function decodedRows(bytes: Uint8Array): string {
  const out = new RowBuffer(16);
  const decoded = decode(bytes);
  if (!decoded.ok) return `refused: ${decoded.reason}`;
  if (decoded.name === 'TraceSummary') writeTrace(out, decoded.value);
  else if (decoded.name === 'Signal') writeSignal(out, decoded.value);
  return hex(out.view());
}

/** By way of the projection, behind a row that is there. */
function projectedRows({ append }: typeof traces, bytes: Uint8Array): string {
  const out = new RowBuffer(16);
  out.text('before');
  const appended = append(out, bytes);
  expect(Buffer.from(out.view(0, 7)).toString()).toBe('\u0006before');
  if (appended.ok) return hex(out.view(7));
  expect(out.length).toBe(7);
  return `refused: ${appended.reason}`;
}

describe.each([
  ['TraceSummary', traces, copyTrace, traceBytes],
  ['Signal', signals, copySignal, signalBytes],
] as const)('%s', (_, projection, copy, records) => {
  test('good records become the same bytes, nearly all of them without objects', () => {
    let copies = 0;
    let all = 0;
    fc.assert(
      fc.property(records, (bytes) => {
        const out = new RowBuffer(16);
        const wanted = decodedRows(bytes);
        if (copy(out, bytes)) {
          copies++;
          expect(hex(out.view())).toBe(wanted);
        } else expect(out.length).toBe(0);
        all++;
        expect(projectedRows(projection, bytes)).toBe(wanted);
      }),
      { numRuns: 40 },
    );
    expect(copies).toBeGreaterThan(all / 4);
  });

  test('whatever happens to the bytes: the same row or the same reason', () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), cut: fc.option(fc.nat()) });
    fc.assert(
      fc.property(records, fc.array(edit, { minLength: 1, maxLength: 3 }), (bytes, edits) => {
        let damaged = Uint8Array.from(bytes);
        for (const { at, byte, cut } of edits) {
          damaged[5 + (at % (damaged.length - 5))] = byte;
          if (cut !== null) damaged = damaged.slice(0, 6 + (cut % (damaged.length - 5)));
        }
        expect(projectedRows(projection, damaged)).toBe(decodedRows(damaged));
      }),
      { numRuns: 200 },
    );
  });
});

test('of an older version the row is made from what it is read as', () => {
  const old = avroType(schemaText('signal.v1.avsc'));
  const [value] = fc.sample(signal, { numRuns: 1, seed: 1 });
  const body = old.toBuffer({ ...value, facts: [], findings: [] });
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), body]);
  expect(copySignal(new RowBuffer(), bytes)).toBe(false);
  expect(projectedRows(signals, bytes)).toBe(decodedRows(bytes));
});
