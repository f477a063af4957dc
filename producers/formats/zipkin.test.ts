import { describe, expect, test } from 'vitest';
import { readTraceFile } from './read.ts';
import { bytesOf, readWhole, wrongIn } from './testing.ts';

type Json = Record<string, unknown>;
const T = 1_521_186_011_000_000;
const ns = (micros: number) => BigInt(micros) * 1000n;

const v2 = (id: string, given: Json = {}) => ({
  ...{
    traceId: '33447baae403ed6a',
    id,
    name: 'get',
    timestamp: T,
    duration: 14,
    localEndpoint: { serviceName: 'shop' },
  },
  ...given,
});
const at = (value: string, timestamp: number, serviceName: string) => ({
  value,
  timestamp,
  endpoint: { serviceName },
});
const v1 = (id: string, given: Json = {}) => ({
  ...{ traceId: '33447baae403ed6a', id, name: 'get', annotations: [], binaryAnnotations: [] },
  ...given,
});

describe('Zipkin v2', () => {
  test.each([
    ['CLIENT', 3],
    ['SERVER', 2],
    ['PRODUCER', 4],
    ['CONSUMER', 5],
    [undefined, 1],
  ])('kind %s', (kind, expected) => {
    expect(readWhole([v2('1', { kind })])[0].kind).toBe(expected);
  });

  test('ids, times, service, tags of text as what the conventions make of them', () => {
    const tags = { error: '', 'http.request.resend_count': '2', 'ati.role': 'tool' };
    const [read] = readWhole([v2('1', { parentId: '2', tags })]);
    expect(read).toMatchObject({
      ...{ traceId: '33447baae403ed6a'.padStart(32, '0'), parentId: '2'.padStart(16, '0'), service: 'shop' },
      ...{ start: ns(T), end: ns(T + 14), status: 2 },
    });
    expect([read.attribute('http.request.resend_count'), read.attribute('ati.role')]).toEqual([2, 'tool']);
  });

  test('client and server that share an id are two spans', () => {
    const read = readWhole([
      v2('1', { kind: 'CLIENT' }),
      v2('1', {
        kind: 'SERVER',
        shared: true,
        localEndpoint: { serviceName: 'tools' },
        timestamp: T + 3,
        duration: 5,
      }),
    ]);
    expect(read.map(({ spanId, kind, service }) => [spanId, kind, service])).toEqual([
      ['1'.padStart(16, '0'), 3, 'shop'],
      ['1'.padStart(16, '0'), 2, 'tools'],
    ]);
  });

  test('without a duration it is a moment, and that is told', () => {
    const json = [v2('1', { duration: undefined })];
    expect(readWhole(json)[0]).toMatchObject({ start: ns(T), end: ns(T) });
    expect(readTraceFile(bytesOf(json)).notes).toEqual(['spans without a duration: read as moments']);
  });

  test('the latest times that OTLP can say are not changed', () => {
    const [read] = readWhole([v2('1', { timestamp: 18_446_744_073_709_000, duration: 551 })]);
    expect([read.start, read.end]).toEqual([18_446_744_073_709_000_000n, 18_446_744_073_709_551_000n]);
  });

  test('an answer with several traces', () => {
    expect(readWhole([[v2('1')], [], [v2('2'), v2('3')]])).toHaveLength(3);
  });

  test.each<[string, Json | null, string]>([
    ['no id', v2('1', { id: undefined }), '[1].id: must be an id: text of up to 16 hex digits'],
    ['an id that is too long', v2('1'.repeat(32)), '[1].id: is an id of 32 hex digits: expected at most 16'],
    [
      'no timestamp',
      v2('1', { timestamp: undefined }),
      '[1].timestamp: is missing: expected a number of microseconds',
    ],
    [
      'an unknown kind',
      v2('1', { kind: 'server' }),
      '[1].kind: must be one of SERVER, CLIENT, PRODUCER, CONSUMER',
    ],
    ['a timestamp of 0', v2('1', { timestamp: 0 }), '[1].timestamp: is 0: a span has a start'],
    ['less than a nanosecond', v2('1', { timestamp: 0.0001 }), '[1].timestamp: is 0: a span has a start'],
    [
      'a timestamp that would wrap',
      v2('1', { timestamp: 18_446_744_073_709_550 }),
      '[1].timestamp: is too large for microseconds: is it in nanoseconds?',
    ],
    [
      'an end that would wrap',
      v2('1', { timestamp: 18_446_744_073_709_000, duration: 552 }),
      '[1].duration: ends later than nanoseconds of 64 bits can say',
    ],
    ['a tag that is a list', v2('1', { tags: { k: [] } }), '[1].tags.k: must be text'],
    ['an endpoint that is text', v2('1', { localEndpoint: 'shop' }), '[1].localEndpoint: must be an object'],
    ['null', null, '[1]: must be an object'],
  ])('%s: that span alone is left out, and named', (_, wrong, reason) => {
    const json = [v2('a'), wrong, v2('b')];
    expect(wrongIn(json)).toEqual([reason]);
    expect(readTraceFile(bytesOf(json)).spans).toBe(2);
  });
});

describe('Zipkin v1', () => {
  const CALL = [
    at('cs', T, 'shop'),
    at('sr', T + 10, 'tools'),
    at('ss', T + 90, 'tools'),
    at('cr', T + 100, 'shop'),
  ];

  test('a span with both halves of a call is two of the same id', () => {
    const read = readWhole([v1('1', { parentId: '2', annotations: CALL, timestamp: T, duration: 100 })]);
    expect(read).toMatchObject([
      {
        spanId: '1'.padStart(16, '0'),
        parentId: '2'.padStart(16, '0'),
        kind: 3,
        service: 'shop',
        start: ns(T),
        end: ns(T + 100),
      },
      {
        spanId: '1'.padStart(16, '0'),
        parentId: '2'.padStart(16, '0'),
        kind: 2,
        service: 'tools',
        start: ns(T + 10),
        end: ns(T + 90),
      },
    ]);
  });

  test('halves that were reported apart stay apart', () => {
    const read = readWhole([
      v1('1', { annotations: [CALL[0], CALL[3]] }),
      v1('1', { annotations: [CALL[1], CALL[2]] }),
    ]);
    expect(read.map(({ kind, start, end }) => [kind, start, end])).toEqual([
      [3, ns(T), ns(T + 100)],
      [2, ns(T + 10), ns(T + 90)],
    ]);
  });

  test("tags belong to the half whose service recorded them, the caller's where nobody did", () => {
    const tag = (key: string, value: unknown, serviceName?: string) => ({
      ...{ key, value, type: 'STRING' },
      ...(serviceName === undefined ? {} : { endpoint: { serviceName } }),
    });
    const binaryAnnotations = [
      tag('ati.role', 'tool', 'tools'),
      tag('error', 'boom', 'tools'),
      tag('http.method', 'GET'),
    ];
    const [client, server] = readWhole([v1('1', { annotations: CALL, binaryAnnotations })]);
    expect([client.attribute('ati.role'), client.attribute('http.method'), client.status]).toEqual([
      undefined,
      'GET',
      0,
    ]);
    expect([server.attribute('ati.role'), server.attribute('http.method'), server.status]).toEqual([
      'tool',
      undefined,
      2,
    ]);
  });

  test.each([
    ['ms', 4],
    ['mr', 5],
  ])('a message: %s', (value, kind) => {
    const [read] = readWhole([v1('1', { annotations: [at(value, T, 'shop')], duration: 5 })]);
    expect(read).toMatchObject({ kind, start: ns(T), end: ns(T + 5) });
  });

  test('a local span: its component is the service', () => {
    const binaryAnnotations = [{ key: 'lc', value: 'spring', endpoint: { serviceName: 'shop' } }];
    const [read] = readWhole([v1('1', { timestamp: T, duration: 9, binaryAnnotations })]);
    expect(read).toMatchObject({ kind: 1, service: 'shop', start: ns(T), end: ns(T + 9) });
  });

  test('a timestamp of 0 is none: the annotations say when it started', () => {
    const [read] = readWhole([v1('1', { timestamp: 0, annotations: [CALL[0], CALL[3]] })]);
    expect([read.start, read.end]).toEqual([ns(T), ns(T + 100)]);
  });

  test('a duration of 0 is one', () => {
    const json = [v1('1', { timestamp: T, duration: 0 })];
    expect(readWhole(json)[0]).toMatchObject({ start: ns(T), end: ns(T) });
    expect(readTraceFile(bytesOf(json)).notes).toEqual([]);
  });

  test.each<[string, Json, string]>([
    [
      'a start of 0',
      v1('1', { annotations: [at('cs', 0, 'shop'), at('cr', 5, 'shop')] }),
      '[0].timestamp: is 0: a span has a start',
    ],
    [
      'a duration behind which the time would wrap',
      v1('1', { timestamp: T, duration: 18_446_744_073_709_000 }),
      '[0].duration: ends later than nanoseconds of 64 bits can say',
    ],
    [
      'neither timestamp nor annotations',
      v1('1'),
      '[0].timestamp: is missing: expected a number of microseconds, or annotations',
    ],
    [
      'an annotation without time',
      v1('1', { annotations: [{ value: 'cs' }] }),
      '[0].annotations[0].timestamp: must be a number of microseconds',
    ],
    [
      'a tag without key',
      v1('1', { binaryAnnotations: [{ value: 1 }] }),
      '[0].binaryAnnotations[0].key: is missing: expected text',
    ],
  ])('%s', (_, wrong, reason) => {
    expect(wrongIn([wrong])).toEqual([reason]);
  });

  test('one span with the marks of v1 makes the file v1', () => {
    expect(readTraceFile(bytesOf([v2('1'), v1('2', { timestamp: T })])).formats).toEqual(['zipkin-v1']);
    expect(readTraceFile(bytesOf([v2('1'), v2('2')])).formats).toEqual(['zipkin-v2']);
  });
});
