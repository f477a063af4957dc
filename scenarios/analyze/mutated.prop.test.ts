/** Examples of all formats, damaged at random: whatever is in a file, reading and analysing it gives an answer, and spans are not lost uncounted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTraceFile } from '#producers/formats/read.ts';
import { analyse } from './analyse.ts';
import { example } from './testing.ts';

type Json = Record<string | number, unknown>;

const NAMES = [
  ...['otlp-example', 'otlp-to-jaeger-in', 'otlp-to-jaeger-out', 'jaeger-graph', 'jaeger-genai-agents'],
  'zipkin-v2-messaging',
];
const V1 = [1, 2, 3].map((id) => ({
  ...{ traceId: '33447baae403ed6a', id: `${id}`, timestamp: 1_521_186_011_000_000, duration: 90 },
  annotations: ['cs', 'sr', 'ss', 'cr'].map((value, i) => ({
    ...{ value, timestamp: 1_521_186_011_000_000 + i },
    endpoint: { serviceName: i === 0 || i === 3 ? 'shop' : 'tools' },
  })),
  binaryAnnotations: [{ key: 'ati.role', value: 'tool', endpoint: { serviceName: 'tools' } }],
}));
const DOCUMENTS = [...NAMES.map((name) => example(`${name}.json`).toString()), JSON.stringify(V1)];
const PROTO = Buffer.concat(readTraceFile(example('jaeger-graph.json')).messages);
const FILES = [...DOCUMENTS.map((text) => Buffer.from(text)), PROTO];

const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    ...[0, -1, 0.0001, 1e300, 2 ** 53, 2 ** 63, 2 ** 63 / 1000, 2 ** 64, 2 ** 64 / 1000],
    ...[
      '0',
      '9223372036854775807',
      '18446744073709551615',
      '18446744073709551616',
      'NaN',
      '\ud800',
      '__proto__',
    ],
    ...[[[[]]], [null], '[-1,1e999]', 'CHILD_OF', 'execute_tool', 'x'.repeat(1_000)],
  ),
);
/** Which value of a document, what becomes of it, and what is put there. */
const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('put', 'remove', 'twice', 'wrap'),
  value: hostile,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function nodesOf(json: unknown): { parent: Json; key: string }[] {
  if (typeof json !== 'object' || json === null) return [];
  const parent = json as Json;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...nodesOf(parent[key])]);
}

function changed(json: unknown, { at, how, value }: Change): void {
  const nodes = nodesOf(json);
  if (nodes.length === 0) return;
  const { parent, key } = nodes[at % nodes.length];
  if (how === 'put') parent[key] = value;
  else if (how === 'wrap') parent[key] = [parent[key]];
  else if (how === 'twice' && Array.isArray(parent)) parent.push(structuredClone(parent[key]));
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

/** Reads and analyses; every span that was read is in a trace. */
function readAndAnalyse(file: Uint8Array) {
  const reading = readTraceFile(file);
  const { traces } = analyse([reading.messages]);
  expect(traces.reduce((sum, { summary, duplicates }) => sum + summary.spanCount + duplicates, 0)).toBe(
    reading.spans,
  );
  const wrong = reading.skipped.count + reading.faults.count;
  if (reading.spans === 0) expect(wrong + reading.notes.length).toBeGreaterThan(0);
  return reading;
}

describe('damaged files', () => {
  test('bytes', () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(40), put: fc.uint8Array({ maxLength: 9 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...FILES),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (file, edits) => {
          let bytes = Buffer.from(file);
          for (const { at, remove, put } of edits) {
            const p = at % (bytes.length + 1);
            bytes = Buffer.concat([bytes.subarray(0, p), put, bytes.subarray(p + remove)]);
          }
          readAndAnalyse(bytes);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('values', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DOCUMENTS),
        fc.array(change, { minLength: 1, maxLength: 5 }),
        (text, changes) => {
          const json: unknown = JSON.parse(text);
          for (const each of changes) changed(json, each);
          readAndAnalyse(Buffer.from(JSON.stringify(json)));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('one span of a list: it is read, or skipped, or a part that could not be read', () => {
    const { spans } = JSON.parse(example('jaeger-graph.json').toString());
    const zipkin = JSON.parse(example('zipkin-v2-messaging.json').toString());
    const lists = fc.constantFrom<{ list: Json[]; file: (list: unknown[]) => unknown }>(
      { list: zipkin, file: (list) => list },
      {
        list: spans,
        file: (list) => ({ ...JSON.parse(example('jaeger-graph.json').toString()), spans: list }),
      },
    );
    fc.assert(
      fc.property(lists, fc.nat(), fc.array(change, { minLength: 1, maxLength: 3 }), (of, at, changes) => {
        const list = structuredClone(of.list);
        for (const each of changes) changed(list[at % list.length], each);
        const { spans: read, skipped, faults } = readAndAnalyse(Buffer.from(JSON.stringify(of.file(list))));
        expect([read + skipped.count, faults.count]).toEqual([list.length, 0]);
      }),
      { numRuns: 400 },
    );
  });
});
