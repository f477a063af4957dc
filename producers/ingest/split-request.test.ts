import { describe, expect, test } from 'vitest';
import { partitionOf } from '#schemas/murmur2.ts';
import { otlpJson } from '#schemas/otlp/testing-json.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { hasher } from './salt.ts';
import type { SplitterOptions } from './split-request.ts';
import { requestSplitters } from './split-request.ts';
import { CANARY, exampleTraces } from './testing.ts';

const splitter = (changes: Partial<SplitterOptions> = {}) =>
  requestSplitters({
    partitions: 4,
    maxItems: 1000,
    maxAttributes: 128,
    maxPartBytes: 512 << 10,
    allowAttributes: [],
    allowBodies: false,
    hashOf: (tenant) => hasher(Buffer.from(tenant)),
    ...changes,
  }).traces;
const export20 = exampleTraces(5, 4);
const protobuf = Buffer.from(encodeTraces(export20));
const json = Buffer.from(otlpJson(export20));

function must(split: ReturnType<ReturnType<typeof splitter>>) {
  if (!split.ok) throw new Error(split.refusal.message);
  return split.value;
}

test('protobuf and JSON of one export give the same parts, byte for byte', () => {
  const split = splitter();
  const fromProtobuf = must(split(protobuf, 'protobuf', 't'));
  expect(fromProtobuf).toMatchObject({ accepted: 20, rejected: 0, rejectedReason: '' });
  expect(must(split(json, 'json', 't'))).toEqual(fromProtobuf);
});

test('each trace is in the partition of its id', () => {
  const partitions = new Set(
    Array.from({ length: 5 }, (_, i) =>
      partitionOf(Buffer.from((i + 1).toString(16).padStart(32, '0'), 'hex'), 4),
    ),
  );
  const { parts } = must(splitter()(protobuf, 'protobuf', 't'));
  expect(parts.map(({ partition }) => partition)).toEqual([...partitions].sort());
  expect(parts.reduce((sum, part) => sum + part.count, 0)).toBe(20);
});

test('nothing that a client must not tell gets through; what was dropped is counted', () => {
  const { parts, dropped } = must(splitter()(protobuf, 'protobuf', 't'));
  for (const { otlp } of parts) {
    expect(Buffer.from(otlp).toString('latin1')).not.toContain(CANARY);
    expect(Buffer.from(otlp).toString('latin1')).toContain('gen_ai.tool.name');
  }
  expect(dropped).toMatchObject({ hashedArguments: 20, events: 20, statusMessages: 20, traceStates: 40 });
  expect(dropped.content).toBeGreaterThanOrEqual(60);
});

test('two tenants have two hashes of one value', () => {
  const split = splitter();
  expect(must(split(protobuf, 'protobuf', 't')).parts).not.toEqual(
    must(split(protobuf, 'protobuf', 'u')).parts,
  );
  expect(must(split(protobuf, 'protobuf', 't')).parts).toEqual(must(split(protobuf, 'protobuf', 't')).parts);
});

test('ATI_ALLOW_ATTRIBUTES extends the list', () => {
  const { parts } = must(splitter({ allowAttributes: ['user.email'] })(protobuf, 'protobuf', 't'));
  expect(Buffer.from(parts[0].otlp).toString('latin1')).toContain('user.email');
});

describe('refused as malformed, with a reason that quotes nothing', () => {
  const deep = (levels: number) => `${'{"arrayValue":{"values":['.repeat(levels)}{}${']}}'.repeat(levels)}`;
  const withValue = (value: string) =>
    `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${value}}]}}]}`;

  test.each([
    ['JSON that is none', `{"resourceSpans": "${CANARY}`],
    ['no object', `["${CANARY}"]`],
    ['nothing', ''],
    ['a string for a list', `{"resourceSpans":"${CANARY}"}`],
    ['an id that is not hex', `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${CANARY}"}]}]}]}`],
    ['values nested too deeply', withValue(deep(17))],
    ['brackets nested 100,000 deep', '['.repeat(100_000)],
    ['values nested 100,000 deep', withValue(deep(100_000))],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ])('%s', (_, body) => {
    const split = splitter()(Buffer.from(body as string), 'json', 't');
    expect(split).toMatchObject({ ok: false, refusal: { status: 400 } });
    expect(JSON.stringify(split)).not.toContain(CANARY);
  });

  test.each([
    ['text', Buffer.from(CANARY)],
    ['a body cut short', protobuf.subarray(0, protobuf.length - 3)],
    ['a length past the end', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07])],
    ['JSON', json],
  ])('%s in protobuf', (_, body) => {
    const split = splitter()(body, 'protobuf', 't');
    expect(split).toMatchObject({ ok: false, refusal: { status: 400 } });
    expect(JSON.stringify(split)).not.toContain(CANARY);
  });

  test('more spans than allowed; exactly as many pass', () => {
    expect(splitter({ maxItems: 20 })(protobuf, 'protobuf', 't').ok).toBe(true);
    expect(splitter({ maxItems: 19 })(protobuf, 'protobuf', 't')).toMatchObject({ refusal: { status: 400 } });
  });

  test('values nested as deeply as allowed pass', () => {
    expect(splitter()(Buffer.from(withValue(deep(16))), 'json', 't').ok).toBe(true);
  });
});

test('spans with broken ids, and spans too large for a record, are rejected alone, with both reasons', () => {
  const body = encodeTraces({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              { traceId: '0a'.repeat(15), spanId: '0b'.repeat(8), startTimeUnixNano: 1n },
              { traceId: '0a'.repeat(16), spanId: '0b'.repeat(8), startTimeUnixNano: 1n },
              {
                traceId: '0a'.repeat(16),
                spanId: '0c'.repeat(8),
                startTimeUnixNano: 1n,
                attributes: { 'ati.stream.token_offsets_ms': Array.from({ length: 2000 }, (_, i) => i * 50) },
              },
            ],
          },
        ],
      },
    ],
  });
  const split = must(splitter({ maxPartBytes: 2000 })(Buffer.from(body), 'protobuf', 't'));
  expect(split).toMatchObject({ accepted: 1, rejected: 2 });
  expect(split.rejectedReason).toContain('1 span');
  expect(split.rejectedReason).toContain('larger than 2000 bytes');
  expect(split.parts.reduce((sum, part) => sum + part.count, 0)).toBe(1);
});

test('an export without spans is empty', () => {
  for (const [body, encoding] of [
    ['', 'protobuf'],
    ['{}', 'json'],
    ['{"resourceSpans":[]}', 'json'],
  ] as const) {
    expect(must(splitter()(Buffer.from(body), encoding, 't'))).toMatchObject({
      parts: [],
      accepted: 0,
      rejected: 0,
    });
  }
});
