import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decode,
  decodeAs,
  decodeByAvsc,
  encode,
  encodeByAvsc,
  summaryClock,
  viewSignal,
  viewSpanBatch,
} from './codec.ts';
import {
  type EventName,
  type Events,
  type Finding,
  INCIDENT_EVENTS,
  INSIGHT_KINDS,
  OPERATOR_ACTIONS,
  SEVERITIES,
} from './events.ts';

const text = fc.string({ unit: 'binary', maxLength: 90 });
const int = fc.integer();
const long = fc.integer({ min: 1 - 2 ** 52, max: 2 ** 53 - 2 });
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 });
const source = fc.record({ partition: int, offset: long, sequence: int, clock: long });
const measure = fc.record({ name: text, value: fc.double(), unit: text });
const timelineEntry = fc.record({
  label: text,
  startMs: fc.double(),
  durationMs: fc.double(),
  outcome: text,
});
const recommendation = fc.record({ action: text, text });
const kind = text;
const severity = fc.constantFrom(...SEVERITIES);
const explained = fc.record({ incidentId: text, kind, agent: text, operation: text, signature: text });
const finding: fc.Arbitrary<Finding> = fc.record({
  kind,
  incidentId: text,
  severity,
  agent: text,
  operation: text,
  signature: text,
  root: fc.boolean(),
  evidence: list(measure),
  timeline: list(timelineEntry),
  explanation: text,
  recommendations: list(recommendation),
  explains: list(explained),
  explainedBy: text,
});
const incidentEvent: fc.Arbitrary<Events['IncidentEvent']> = fc.record({
  incidentId: text,
  tenant: text,
  event: fc.constantFrom(...INCIDENT_EVENTS),
  kind,
  severity,
  episode: int,
  revision: int,
  settled: fc.boolean(),
  agent: text,
  operation: text,
  signature: text,
  windowStart: long,
  windowEnd: long,
  openedAt: long,
  at: long,
  title: text,
  explanation: text,
  evidence: list(measure),
  timeline: list(timelineEntry),
  recommendations: list(recommendation),
  exemplarTraceIds: list(text),
  affectedTraces: int,
  thresholdsDigest: text,
  contentDigest: text,
  evidenceTraceId: text,
  explains: list(explained),
  acknowledgedBy: text,
  acknowledgedAt: long,
  mutedUntil: long,
  note: text,
});
const insight = fc.record({
  kind: fc.constantFrom(...INSIGHT_KINDS),
  found: fc.boolean(),
  agent: text,
  operation: text,
  answer: text,
  evidence: list(measure),
  timeline: list(timelineEntry),
});
const events: { [Name in EventName]: fc.Arbitrary<Events[Name]> } = {
  SpanBatch: fc.record({
    tenant: text,
    receivedAt: long,
    spanCount: int,
    otlp: fc.uint8Array({ maxLength: 9000 }).map((bytes) => Buffer.from(bytes)),
  }),
  TraceSummary: fc.record({
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
    startUnixNano: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    durationNs: long,
    spanCount: int,
    errorCount: int,
    path: list(
      fc.record({
        spanId: text,
        role: text,
        service: text,
        operation: text,
        startNs: long,
        endNs: long,
        type: fc.constantFrom('self', 'edge', 'idle'),
      }),
    ),
    nodes: list(
      fc.record({
        id: int,
        role: text,
        service: text,
        agent: text,
        operation: text,
        count: int,
        errors: int,
        totalNs: long,
        pathNs: long,
      }),
    ),
    edges: list(fc.record({ from: int, to: int, count: int, type: fc.constantFrom('child', 'link') })),
    findings: list(finding),
    insights: list(insight),
    shares: list(
      fc.record({
        type: fc.constantFrom('self', 'edge', 'idle'),
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
  }),
  Signal: fc.record({
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
    durationMs: fc.double(),
    facts: list(fc.record({ kind, callee: text, values: list(measure) })),
    findings: list(finding),
    callees: list(text),
  }),
  ClockMark: fc.record({ source }),
  OperatorAction: fc.record({
    tenant: text,
    incidentId: text,
    action: fc.constantFrom(...OPERATOR_ACTIONS),
    by: text,
    note: text,
    at: long,
    until: long,
  }),
  IncidentEvent: incidentEvent,
  MetricBatch: fc.record({
    tenant: text,
    receivedAt: long,
    service: text,
    pointCount: int,
    otlp: fc.uint8Array({ maxLength: 9000 }).map((bytes) => Buffer.from(bytes)),
  }),
  LogBatch: fc.record({
    tenant: text,
    receivedAt: long,
    service: text,
    recordCount: int,
    otlp: fc.uint8Array({ maxLength: 9000 }).map((bytes) => Buffer.from(bytes)),
  }),
  IncidentState: fc.record({ incidentId: text, appliedThrough: text, counters: text, last: incidentEvent }),
};

/** A copy inside a larger buffer of 0xff, so that a read past either end changes the outcome. */
function embedded(bytes: Uint8Array): Uint8Array {
  const around = new Uint8Array(bytes.length + 128).fill(0xff);
  around.set(bytes, 64);
  return around.subarray(64, 64 + bytes.length);
}

describe.each(Object.keys(events) as EventName[])('%s', <Name extends EventName>(name: Name) => {
  const arbitrary = events[name] as fc.Arbitrary<Events[Name]>;

  test('round-trips', () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(decodeAs(name, embedded(encode(name, value)))).toEqual({ ok: true, value });
        expect(decode(encode(name, value))).toMatchObject({ ok: true, name });
      }),
      { numRuns: 60 },
    );
  });

  test('its bytes are those of avsc', () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(encode(name, value).toString('hex')).toBe(encodeByAvsc(name, value).toString('hex'));
      }),
      { numRuns: 60 },
    );
  });

  test('cut off anywhere, or with bytes after it, it is an error value', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }), (value, at, rest) => {
        const bytes = encode(name, value);
        expect(decode(embedded(bytes.subarray(0, at % bytes.length)))).toMatchObject({ ok: false });
        expect(decode(embedded(Buffer.concat([bytes, rest])))).toMatchObject({ ok: false });
      }),
      { numRuns: 60 },
    );
  });

  test('with flipped bits it is a value or an error value, and the value can be written again', () => {
    fc.assert(
      fc.property(arbitrary, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (value, flips) => {
        const bytes = Buffer.from(encode(name, value));
        for (const flip of flips) bytes[5 + ((flip >> 3) % (bytes.length - 5))] ^= 1 << (flip & 7);
        const decoded = decodeAs(name, embedded(bytes));
        if (decoded.ok) expect(decodeAs(name, encode(name, decoded.value))).toEqual(decoded);
        else expect(decoded.reason).toMatch(/byte/);
      }),
      { numRuns: 150 },
    );
  });
});

test("a summary's clock is read alone, of no other event and of no bytes that end before it", () => {
  fc.assert(
    fc.property(events.TraceSummary, events.Signal, fc.nat(), (summary, signal, cut) => {
      const bytes = encode('TraceSummary', summary);
      const { clock } = summary.source;
      expect(summaryClock(embedded(bytes))).toBe(clock);
      expect([undefined, clock]).toContain(summaryClock(embedded(bytes.subarray(0, cut % bytes.length))));
      expect(summaryClock(bytes.subarray(0, 9))).toBeUndefined();
      expect(summaryClock(encode('Signal', signal))).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test('a view of a SpanBatch is what a decode gives, of good bytes and of bad ones', () => {
  const plain = (decoded: ReturnType<typeof viewSpanBatch>) =>
    decoded.ok ? { ...decoded.value, otlp: Buffer.from(decoded.value.otlp).toString('hex') } : decoded;
  fc.assert(
    fc.property(
      fc.oneof(events.SpanBatch, events.ClockMark),
      fc.array(fc.nat(), { maxLength: 2 }),
      fc.nat({ max: 3 }),
      (value, flips, cut) => {
        const bytes = 'otlp' in value ? encode('SpanBatch', value) : encode('ClockMark', value);
        for (const flip of flips) bytes[(flip >> 3) % bytes.length] ^= 1 << (flip & 7);
        const given = embedded(bytes.subarray(0, bytes.length - cut));
        expect(plain(viewSpanBatch(given))).toEqual(plain(decodeAs('SpanBatch', given)));
      },
    ),
    { numRuns: 500 },
  );
});

describe('a Signal read without avsc', () => {
  test('has a layout whenever `encode` wrote it', () => {
    fc.assert(
      fc.property(events.Signal, (value) => {
        expect(viewSignal(embedded(encode('Signal', value)))).toBeDefined();
      }),
      { numRuns: 100 },
    );
  });

  test('is what avsc reads, or refused for the same reason: of good bytes and of bad ones', () => {
    let good = 0;
    let bad = 0;
    const edit = fc.record({
      at: fc.nat(),
      bit: fc.nat({ max: 7 }),
      insert: fc.option(fc.nat({ max: 255 })),
    });
    fc.assert(
      fc.property(
        events.Signal,
        fc.array(edit, { maxLength: 3 }),
        fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 3 })),
        (value, edits, cut) => {
          let bytes = encode('Signal', value);
          for (const { at, bit, insert } of edits) {
            const place = 5 + (at % (bytes.length - 5));
            if (insert === null) bytes[place] ^= 1 << bit;
            else bytes = Buffer.concat([bytes.subarray(0, place), Buffer.of(insert), bytes.subarray(place)]);
          }
          const given = embedded(bytes.subarray(0, bytes.length - cut));
          const decoded = decode(given);
          expect(decoded).toEqual(decodeByAvsc(given));
          if (decoded.ok && edits.length > 0) good++;
          if (!decoded.ok) bad++;
        },
      ),
      { numRuns: 1500 },
    );
    expect(good).toBeGreaterThan(15);
    expect(bad).toBeGreaterThan(50);
  });

  test('its numbers are those of avsc, up to the bounds', () => {
    const edges = [
      0,
      -1,
      1,
      63,
      -64,
      64,
      2 ** 31,
      -(2 ** 31),
      2 ** 52 - 1,
      2 ** 53 - 2,
      2 ** 53 - 3,
      1 - 2 ** 52,
    ];
    const [value] = fc.sample(events.Signal, { numRuns: 1, seed: 1 });
    for (const eventTime of edges) {
      const bytes = encode('Signal', { ...value, eventTime });
      expect(viewSignal(bytes)?.eventTime).toBe(eventTime);
      expect(decode(bytes)).toEqual(decodeByAvsc(bytes));
    }
  });

  test('a list in several blocks, which `encode` never writes, is left to avsc', () => {
    const [value] = fc.sample(events.Signal, { numRuns: 1, seed: 1 });
    const bytes = encode('Signal', { ...value, callees: ['a', 'b'] });
    const before = bytes.subarray(0, bytes.length - Buffer.from('040261026200', 'hex').length);
    const given = Buffer.concat([before, Buffer.from('020261' + '01040262' + '00', 'hex')]);
    expect(viewSignal(given)).toBeUndefined();
    expect(decodeAs('Signal', given)).toEqual(decodeAs('Signal', bytes));
  });

  test('the least long, which no number holds, is refused', () => {
    const [value] = fc.sample(events.Signal, { numRuns: 1, seed: 1 });
    const bytes = encode('Signal', { ...value, eventTime: -(2 ** 52) });
    expect(decode(bytes)).toEqual(decodeByAvsc(bytes));
    expect(decode(bytes).ok).toBe(false);
  });
});

test('random bodies of any known schema id', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.uint8Array({ maxLength: 200 }), (id, body) => {
      const bytes = embedded(Buffer.concat([Buffer.from([0, 0, 0, 0, id]), body]));
      expect(typeof decode(bytes).ok).toBe('boolean');
    }),
    { numRuns: 500 },
  );
});
