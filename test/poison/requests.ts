/** What no client of good will sends to the ingest, with what it is told. */
import zlib from 'node:zlib';
import { encodeTraces, type OtlpSpan, ProtoWriter } from '#schemas/otlp/write.ts';
import { exportOf } from '../support/workload.ts';

export interface PoisonRequest {
  readonly name: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** In the answer's body. */
  readonly says?: RegExp;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const NESTING = 10_000;
const BOMB_BYTES = 100 << 20;

const span = (given: Partial<OtlpSpan> = {}): OtlpSpan => ({
  traceId: 'a1'.repeat(16),
  spanId: 'b2'.repeat(8),
  name: 'poison',
  kind: 1,
  startTimeUnixNano: 1_700_000_000_000_000_000n,
  endTimeUnixNano: 1_700_000_001_000_000_000n,
  ...given,
});
export const poisonExport = (given: Partial<OtlpSpan> = {}) =>
  encodeTraces(exportOf([span(given)], 'poison'));

/** An AnyValue of lists in lists. */
function nestedValue(levels: number): Uint8Array {
  let value: Uint8Array = Buffer.from([0x0a, 1, 0x78]);
  for (let level = 0; level < levels; level++) {
    const list = new ProtoWriter();
    list.bytes((1 << 3) | 2, value);
    const any = new ProtoWriter();
    any.bytes((5 << 3) | 2, list.finish());
    value = any.finish();
  }
  return value;
}

/** An export whose resource has an attribute that nests so deep. */
export function nestedExport(levels: number): Uint8Array {
  const pair = new ProtoWriter();
  pair.string((1 << 3) | 2, 'service.name');
  pair.bytes((2 << 3) | 2, nestedValue(levels));
  const resource = new ProtoWriter();
  resource.bytes((1 << 3) | 2, pair.finish());
  const resourceSpans = new ProtoWriter();
  resourceSpans.bytes((1 << 3) | 2, resource.finish());
  const rest = poisonExport();
  const traces = new ProtoWriter();
  traces.bytes((1 << 3) | 2, resourceSpans.finish());
  return Buffer.concat([traces.finish(), rest]);
}

const nestedJson = (levels: number) =>
  `{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":${'{"arrayValue":{"values":['.repeat(levels)}{"stringValue":"x"}${']}}'.repeat(levels)}}]},"scopeSpans":[]}]}`;

const jsonSpan = (fields: string) =>
  Buffer.from(
    `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${'a1'.repeat(16)}","spanId":"${'b2'.repeat(8)}","name":"x",${fields}}]}]}]}`,
  );

const zeros = Buffer.alloc(BOMB_BYTES);

export const REQUESTS: readonly PoisonRequest[] = [
  { name: 'a body of 10 MB', body: Buffer.alloc(10 << 20, 1), status: 413 },
  {
    name: 'JSON nested 10,000 levels deep',
    body: Buffer.from(nestedJson(NESTING)),
    headers: JSON_TYPE,
    status: 400,
  },
  {
    name: '10,000 brackets',
    body: Buffer.from('['.repeat(NESTING)),
    headers: JSON_TYPE,
    status: 400,
  },
  ...(
    [
      ['gzip', zlib.gzipSync],
      ['deflate', zlib.deflateSync],
      ['zstd', zlib.zstdCompressSync],
    ] as const
  ).map(([coding, compress]) => ({
    name: `a ${coding} bomb of 100 MB`,
    body: compress(zeros),
    headers: { 'content-encoding': coding },
    status: 413,
  })),
  {
    name: 'gzip that ends early',
    body: zlib.gzipSync(Buffer.from(poisonExport())).subarray(0, 40),
    headers: { 'content-encoding': 'gzip' },
    status: 400,
  },
  { name: 'truncated protobuf', body: poisonExport().subarray(0, 60), status: 400 },
  {
    name: 'a length of 2^63',
    body: Buffer.from([0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
    status: 400,
  },
  { name: 'a varint without an end', body: Buffer.alloc(64, 0xff), status: 400 },
  {
    name: 'a trace id of zeros',
    body: poisonExport({ traceId: '00'.repeat(16) }),
    status: 200,
    says: /trace/i,
  },
  { name: 'a span id of zeros', body: poisonExport({ spanId: '00'.repeat(8) }), status: 200, says: /span/i },
  {
    name: 'a time that is no number',
    body: jsonSpan('"startTimeUnixNano":"NaN"'),
    headers: JSON_TYPE,
    status: 400,
  },
  {
    name: 'a time of null bytes',
    body: jsonSpan('"startTimeUnixNano":1e400'),
    headers: JSON_TYPE,
    status: 400,
  },
  { name: 'a negative time', body: jsonSpan('"startTimeUnixNano":"-1"'), headers: JSON_TYPE, status: 400 },
  {
    name: 'a header of 64 KB',
    body: poisonExport(),
    headers: { 'x-huge': 'h'.repeat(64 << 10) },
    status: 431,
  },
];
