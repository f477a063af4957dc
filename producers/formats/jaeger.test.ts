import { describe, expect, test } from 'vitest';
import { readTraceFile } from './read.ts';
import { bytesOf, readWhole, spansOf, wrongIn } from './testing.ts';

type Json = Record<string, unknown>;

const TRACE = 'abc1';
const tag = (key: string, value: unknown, type = 'string') => ({ key, type, value });
const span = (id: string, given: Json = {}) => ({
  ...{ traceID: TRACE, spanID: id, operationName: `op ${id}`, references: [], processID: 'p1' },
  ...{ startTime: 1_770_000_000_000_000, duration: 250, tags: [], logs: [] },
  ...given,
});
const processes = {
  p1: { serviceName: 'shop', tags: [tag('host.name', 'box')] },
  p2: { serviceName: 'tools', tags: [] },
};
const trace = (...spans: unknown[]) => ({ traceID: TRACE, spans, processes });
const child = (id: string, spanID: string, refType = 'CHILD_OF', traceID = TRACE) =>
  span(id, { references: [{ refType, traceID, spanID }] });

describe('a span of Jaeger', () => {
  test('ids of 64 bits and without leading zeros are padded, times are µs', () => {
    const [read] = readWhole(trace(span('7')));
    expect(read).toMatchObject({
      ...{ traceId: 'abc1'.padStart(32, '0'), spanId: '7'.padStart(16, '0'), parentId: '' },
      ...{ name: 'op 7', service: 'shop', kind: 0, status: 0 },
      ...{ start: 1_770_000_000_000_000_000n, end: 1_770_000_000_000_250_000n },
    });
  });

  test('its process is its resource', () => {
    const read = readWhole(trace(span('1'), span('2', { processID: 'p2' })));
    expect(read.map(({ service }) => service)).toEqual(['shop', 'tools']);
  });

  test('CHILD_OF is the parent, FOLLOWS_FROM a link, so is a second parent and one of another trace', () => {
    const second = child('4', '1');
    second.references.push({ refType: 'CHILD_OF', traceID: TRACE, spanID: '2' } as never);
    const read = readWhole(
      trace(
        span('1'),
        child('2', '1'),
        child('3', '1', 'FOLLOWS_FROM'),
        second,
        child('5', '1', 'CHILD_OF', 'ff'),
      ),
    );
    const id = (n: string) => n.padStart(16, '0');
    expect(read.map(({ parentId, links }) => [parentId, links])).toEqual([
      ['', []],
      [id('1'), []],
      ['', [id('1')]],
      [id('1'), [id('2')]],
      ['', [id('1')]],
    ]);
  });

  test.each<[string, unknown[], { kind?: number; status?: number }]>([
    ['server', [tag('span.kind', 'server')], { kind: 2 }],
    ['internal', [tag('span.kind', 'internal')], { kind: 1 }],
    ['a kind that nobody knows', [tag('span.kind', 'king')], { kind: 0 }],
    ['error', [tag('error', true, 'bool')], { status: 2 }],
    ['error as text', [tag('error', 'true', 'bool')], { status: 2 }],
    ['no error', [tag('error', false, 'bool')], { status: 0 }],
    ['the status of OpenTelemetry', [tag('otel.status_code', 'ERROR')], { status: 2 }],
    ['which says ok', [tag('otel.status_code', 'OK'), tag('error', 'true', 'bool')], { status: 1 }],
  ])('tags: %s', (_, tags, expected) => {
    expect(readWhole(trace(span('1', { tags })))[0]).toMatchObject(expected);
  });

  test('values by their type, and by what the conventions say of their key', () => {
    const tags = [
      tag('http.response.status_code', 503, 'int64'),
      tag('http.request.resend_count', '2', 'int64'),
      tag('gen_ai.request.temperature', 0.5, 'float64'),
      tag('ati.stream.token_offsets_ms', '[1,2,3]'),
      tag('gen_ai.agent.name', 'planner'),
    ];
    const [read] = readWhole(trace(span('1', { tags })));
    expect(read.attribute('http.response.status_code')).toBe(503);
    expect(read.attribute('http.request.resend_count')).toBe(2);
    expect(read.attribute('gen_ai.request.temperature')).toBe(0.5);
    expect(read.attribute('ati.stream.token_offsets_ms')).toEqual([1, 2, 3]);
    expect(read.attribute('gen_ai.agent.name')).toBe('planner');
  });

  test('arguments become a hash, as at the door', () => {
    const call = (id: string, args: string) =>
      span(id, {
        tags: [tag('gen_ai.operation.name', 'execute_tool'), tag('gen_ai.tool.call.arguments', args)],
      });
    const [one, same, other] = readWhole(
      trace(call('1', '{"q":1}'), call('2', '{"q":1}'), call('3', '{"q":2}')),
    );
    expect(one.attribute('gen_ai.tool.call.arguments')).toBeUndefined();
    expect(one.attribute('ati.args_hash')).toMatch(/^[0-9a-f]{32}$/);
    expect(same.attribute('ati.args_hash')).toBe(one.attribute('ati.args_hash'));
    expect(other.attribute('ati.args_hash')).not.toBe(one.attribute('ati.args_hash'));
  });

  test('ids that are names are told, and always stand for the same', () => {
    const json = { traceID: 'checkout', processes, spans: [span('first', { traceID: 'checkout' })] };
    const reading = readTraceFile(bytesOf(json));
    const [{ traceId, spanId }] = spansOf(reading);
    expect([reading.names.get(traceId), reading.names.get(spanId)]).toEqual(['checkout', 'first']);
    expect(spansOf(readTraceFile(bytesOf(json)))[0].traceId).toBe(traceId);
    expect(reading.notes).toEqual(['ids that are no hexadecimal numbers: read as names (2 times)']);
  });

  test.each([0, '0', 0.0001])('a trace that counts from %j is read, in the same distances', (startTime) => {
    const [one, two] = readWhole(trace(span('1', { startTime }), span('2', { startTime: 40 })));
    expect(two.start - one.start).toBe(40_000n);
    expect(one.end - one.start).toBe(250_000n);
  });
});

describe('a file of Jaeger', () => {
  test.each([
    ['an answer of the API', { data: [trace(span('1'))], errors: null }],
    ['a trace', trace(span('1'))],
    ['a list of traces', [trace(span('1'))]],
    [
      'spans with their process, as Elasticsearch has them',
      [span('1', { processID: undefined, process: processes.p1 })],
    ],
    [
      'the same, one a line',
      `${JSON.stringify({ ...span('1'), processID: undefined, process: processes.p1 })}\n`,
    ],
  ])('%s', (_, json) => {
    expect(readWhole(json)).toMatchObject([{ name: 'op 1', service: 'shop' }]);
  });

  test.each<[string, unknown, string]>([
    ['no spanID', span('', {}), 'spans[1].spanID: is an empty id'],
    ['a spanID of zeros', span('0000'), 'spans[1].spanID: is an id of zeros'],
    [
      'a spanID that is too long',
      span('1'.repeat(17)),
      'spans[1].spanID: is an id of 17 hex digits: expected at most 16',
    ],
    [
      'a traceID that is too long',
      span('1', { traceID: 'a'.repeat(33) }),
      'spans[1].traceID: is an id of 33 hex digits: expected at most 32',
    ],
    [
      'a spanID that is a number',
      span('1', { spanID: 7 }),
      'spans[1].spanID: must be an id: text of up to 16 hex digits',
    ],
    ['no start', span('1', { startTime: undefined }), 'spans[1].startTime: must be a number of microseconds'],
    [
      'a start in ns',
      span('1', { startTime: 1.77e18 }),
      'spans[1].startTime: is too large for microseconds: is it in nanoseconds?',
    ],
    [
      'a start that would wrap',
      span('1', { startTime: 18_446_744_073_709_550 }),
      'spans[1].startTime: is too large for microseconds: is it in nanoseconds?',
    ],
    [
      'an end that would wrap',
      span('1', { duration: 18_446_744_073_709_000 }),
      'spans[1].duration: ends later than nanoseconds of 64 bits can say',
    ],
    ['a negative duration', span('1', { duration: -1 }), 'spans[1].duration: must not be negative'],
    ['tags that are no list', span('1', { tags: {} }), 'spans[1].tags: must be an array'],
    [
      'an unknown process',
      span('1', { processID: 'p9' }),
      'spans[1].processID: names no process of the trace',
    ],
    ['no name', span('1', { operationName: undefined }), 'spans[1].operationName: is missing: expected text'],
    [
      'an unknown reference',
      child('1', '2', 'SEES'),
      'spans[1].references[0].refType: must be CHILD_OF or FOLLOWS_FROM',
    ],
    [
      'a value that is a list',
      span('1', { tags: [{ key: 'k', value: [] }] }),
      'spans[1].tags[0].value: must be text, a number, true or false',
    ],
    ['null', null, 'spans[1]: must be an object'],
  ])('%s: that span alone is left out, and named', (_, wrong, reason) => {
    const json = trace(span('a'), wrong, span('b'));
    const reading = readTraceFile(bytesOf(json));
    expect(wrongIn(json)).toEqual([reason]);
    expect([reading.spans, reading.skipped.count, reading.faults.count]).toEqual([2, 1, 0]);
  });

  test('traces and spans in one document are all read', () => {
    expect(readWhole({ data: [trace(span('1'))], ...trace(span('2')) })).toHaveLength(2);
    expect(wrongIn({ data: {}, ...trace(span('2')) })).toEqual(['data: must be an array of traces']);
  });

  test('a span on its own that starts at 0 is left out, and named', () => {
    const json = span('1', { processID: undefined, process: processes.p1, startTime: 0 });
    expect(wrongIn([json])).toEqual(['[0].startTime: is 0: a span has a start']);
  });

  test('a trace that is none is named, the others are read', () => {
    const json = { data: [trace(span('1')), { traceID: 'x' }, { spans: 7 }, trace(span('2'))] };
    expect(wrongIn(json)).toEqual([
      'data[1].spans: is missing: expected an array',
      'data[2].spans: must be an array',
    ]);
    expect(readTraceFile(bytesOf(json)).spans).toBe(2);
  });
});
