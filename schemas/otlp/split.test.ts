import { describe, expect, test } from 'vitest';
import { partitionOf } from '../murmur2.ts';
import { createAllowlist } from './allowlist.ts';
import { ATTRIBUTES_OF, attributesOf, spanEvents, spanLinks } from './attributes.ts';
import { SpanColumns } from './columns.ts';
import { skimSpans } from './skim.ts';
import { type SplitOptions, splitTraces } from './split.ts';
import { text } from './wire.ts';
import { encodeTraces, type OtlpAttributes, type OtlpSpan, ProtoWriter } from './write.ts';

const options: SplitOptions = {
  partitions: 1,
  allowlist: createAllowlist(),
  maxSpans: 1000,
  maxAttributesPerSpan: 128,
  maxNesting: 4,
  hash: (value) => Buffer.from(value).toString('hex').padEnd(64, '0'),
};
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const good: OtlpSpan = { traceId, spanId, name: 'workflow', startTimeUnixNano: 1n, endTimeUnixNano: 2n };
const body = (...spans: OtlpSpan[]) => encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

function split(otlp: Uint8Array, overrides: Partial<SplitOptions> = {}) {
  const result = splitTraces(otlp, { ...options, ...overrides });
  if (!result.ok) throw new Error(result.reason);
  return result;
}

/** The spans of a body after the door, as objects. */
function through(otlp: Uint8Array, overrides: Partial<SplitOptions> = {}) {
  const { parts, dropped } = split(otlp, overrides);
  const spans = parts.flatMap((part) => {
    const columns = new SpanColumns();
    expect(skimSpans(part.otlp, columns)).toEqual({ ok: true, added: part.spanCount });
    return Array.from({ length: columns.n }, (_, i) => {
      const at = columns.nameOffset[i];
      const span = [part.otlp, columns.spanOffset[i], columns.spanLength[i]] as const;
      return {
        name: text(part.otlp, at, at + columns.nameLength[i]),
        status: columns.status[i],
        attributes: { ...attributesOf(...span, ATTRIBUTES_OF.span) },
        resource: {
          ...attributesOf(
            part.otlp,
            columns.resourceOffset[i],
            columns.resourceLength[i],
            ATTRIBUTES_OF.resource,
          ),
        },
        events: spanEvents(...span).map((event) => ({ ...event, attributes: { ...event.attributes } })),
        links: spanLinks(...span),
      };
    });
  });
  return { spans, dropped };
}
const keptOf = (attributes: OtlpAttributes, allow: string[] = []) =>
  through(body({ ...good, attributes }), { allowlist: createAllowlist(allow) }).spans[0].attributes;

describe('partitions', () => {
  test('spans go where the hash of their trace id says, in their order, with their resource and scope', () => {
    const ids = Array.from({ length: 20 }, (_, i) => Buffer.alloc(16, i + 1));
    const resource = { attributes: { 'service.name': 'agent' } };
    const spans = ids.flatMap((id) => [
      { ...good, traceId: id, name: 'one' },
      { ...good, traceId: id, name: 'two' },
    ]);
    const otlp = encodeTraces({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'lib', version: '1.2.3' }, spans }] }],
    });
    const { parts, accepted } = split(otlp, { partitions: 4 });
    expect(accepted).toBe(40);
    expect(parts.map((part) => part.partition)).toEqual([0, 1, 2, 3]);
    for (const { partition, otlp: part } of parts) {
      const columns = new SpanColumns();
      skimSpans(part, columns);
      for (let i = 0; i < columns.n; i++) {
        const id = columns.traceId.slice(i * 16, i * 16 + 16);
        expect(partitionOf(id, 4)).toBe(partition);
        expect(text(part, columns.nameOffset[i], columns.nameOffset[i] + 3)).toBe(i % 2 ? 'two' : 'one');
        const at = columns.resourceOffset[i];
        expect(attributesOf(part, at, columns.resourceLength[i], 1)['service.name']).toBe('agent');
      }
      expect(Buffer.from(part).includes('1.2.3')).toBe(true);
    }
  });

  test('a body from which nothing is dropped keeps its spans byte for byte', () => {
    const spans = [good, { ...good, attributes: { 'ati.role': 'tool', 'http.response.status_code': 503 } }];
    const { parts, dropped } = split(body(...spans));
    // Lengths of the two enclosing messages take four bytes each, two in the source.
    expect(Buffer.from(parts[0].otlp).subarray(10)).toEqual(Buffer.from(body(...spans)).subarray(6));
    expect(Object.values(dropped).every((count) => count === 0)).toBe(true);
  });

  test('an empty body, and groups without spans, have no parts', () => {
    expect(split(new Uint8Array(0)).parts).toEqual([]);
    expect(split(encodeTraces({ resourceSpans: [{}, { scopeSpans: [{}] }] })).parts).toEqual([]);
  });

  test('a resource behind its spans, and one in two pieces, reach every part', () => {
    const w = new ProtoWriter();
    const resource = (value: string, key: string) =>
      w.message(0x0a, () =>
        w.message(0x0a, () => w.string(0x0a, key).message(0x12, () => w.string(0x0a, value))),
      );
    w.message(0x0a, () => {
      resource('a', 'service.name');
      w.message(0x12, () =>
        w.message(0x12, () =>
          w
            .bytes(0x0a, Buffer.from(traceId, 'hex'))
            .bytes(0x12, Buffer.from(spanId, 'hex'))
            .fixed64(0x39, 1n),
        ),
      );
      resource('b', 'service.instance.id');
    });
    expect(through(w.finish()).spans[0].resource).toEqual({
      'service.name': 'a',
      'service.instance.id': 'b',
    });
  });
});

describe('faults of one span reject that span', () => {
  test.each<[string, Partial<OtlpSpan>, string]>([
    ['trace id of 15 bytes', { traceId: new Uint8Array(15).fill(1) }, 'trace id of 15 bytes'],
    ['trace id of zeros', { traceId: new Uint8Array(16) }, 'trace id of zeros'],
    ['no trace id', { traceId: '' }, 'no trace id'],
    ['span id of 16 bytes', { spanId: traceId }, 'span id of 16 bytes'],
    ['span id of zeros', { spanId: new Uint8Array(8) }, 'span id of zeros'],
    ['no span id', { spanId: '' }, 'no span id'],
    ['parent of 7 bytes', { parentSpanId: new Uint8Array(7) }, 'parent span id of 7 bytes'],
    ['no start', { startTimeUnixNano: undefined }, 'no start time'],
  ])('%s', (_, fault, reason) => {
    const result = split(body(good, { ...good, ...fault }, good));
    expect([result.accepted, result.rejected]).toEqual([2, 1]);
    expect(result.rejectedReason).toBe(`${reason} (1 span)`);
    expect(through(body(good, { ...good, ...fault }, good)).spans).toHaveLength(2);
  });

  test('not faults: no end, no name, an end before the start', () => {
    const spans = [
      { traceId, spanId, startTimeUnixNano: 5n },
      { ...good, startTimeUnixNano: 9n },
    ];
    expect(split(body(...spans)).accepted).toBe(2);
  });

  test('the first reasons are told with their counts', () => {
    const bad = Array.from({ length: 9 }, (_, i) => ({ ...good, traceId: new Uint8Array(i + 1) }));
    const { rejectedReason } = split(body(...bad, ...bad));
    expect(rejectedReason).toMatch(/^trace id of 1 bytes \(2 spans\); .*; other faults \(8 spans\)$/);
  });
});

describe('faults of the body refuse it', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['cut off', body(good).subarray(0, -1), /past the end/],
    ['one span too many', body(...Array(1001).fill(good)), /more than 1000 spans/],
    ['a group', Uint8Array.from([0x0b, 0x0c]), /wire type/],
    [
      'nested too deep',
      body({ ...good, attributes: { 'private.note': [[[[[1]]]]] } }),
      /nested too deep at byte \d+/,
    ],
    ['a broken attribute', Uint8Array.from([0x0a, 6, 0x12, 4, 0x12, 2, 0x4a, 9]), /past the end/],
  ])('%s', (_, otlp, reason) => {
    expect(splitTraces(otlp, options)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  test('a value nested as deep as allowed is just dropped', () => {
    expect(split(body({ ...good, attributes: { 'private.note': [[[[1]]]] } })).accepted).toBe(1);
  });
});

describe('attributes', () => {
  test('a listed key passes with its type only', () => {
    expect(keptOf([['gen_ai.usage.input_tokens', 12]])).toEqual({ 'gen_ai.usage.input_tokens': 12 });
    expect(keptOf([['http.request.resend_count', { double: 2 }]])).toEqual({
      'http.request.resend_count': 2,
    });
    expect(keptOf([['ati.stream.token_offsets_ms', [0, 50]]])).toEqual({
      'ati.stream.token_offsets_ms': [0, 50],
    });
    const wrong: OtlpAttributes = [
      ['gen_ai.usage.input_tokens', 'my secret'],
      ['gen_ai.agent.name', 7],
      ['gen_ai.agent.name', ['my secret']],
      ['gen_ai.agent.name', { kvlist: { name: 'my secret' } }],
      ['gen_ai.agent.name', Buffer.from('my secret')],
      ['ati.stream.token_offsets_ms', [1, 'my secret']],
      ['ati.stream.token_offsets_ms', [[1]]],
      ['gen_ai.response.finish_reasons', ['stop', 'x'.repeat(300)]],
      ['ati.role', null],
    ];
    for (const pair of wrong) expect(keptOf([pair])).toEqual({});
  });

  test('keys that are nearly listed do not pass', () => {
    const near = [
      'service.nam',
      'service.namee',
      'Service.Name',
      'gen_ai.usage',
      'gen_ai.usagex',
      '',
      'x'.repeat(400),
    ];
    for (const key of near) expect(keptOf([[key, 'v']])).toEqual({});
  });

  test('strings over 256 bytes, with line breaks or control characters, or not UTF-8, do not pass', () => {
    expect(keptOf([['service.name', 'x'.repeat(256)]])).toHaveProperty(['service.name']);
    expect(keptOf([['service.name', 'käse dienst']])).toHaveProperty(['service.name']);
    for (const value of ['x'.repeat(257), 'a\nb', 'a\rb', 'a\u0000', 'a\u2028b', 'a\u0085b']) {
      expect(keptOf([['service.name', value]])).toEqual({});
    }
    const raw = Buffer.from(body({ ...good, attributes: { 'service.name': 'QQ' } }));
    raw.set([0xff, 0xfe], raw.indexOf('QQ'));
    expect(through(raw).spans[0].attributes).toEqual({});
  });

  test('a second value in the same AnyValue, a second key in the same KeyValue, do not pass', () => {
    const hidden = (write: (w: ProtoWriter) => void) => {
      const w = new ProtoWriter();
      w.message(0x0a, () =>
        w.message(0x12, () =>
          w.message(0x12, () => {
            w.bytes(0x0a, Buffer.from(traceId, 'hex')).bytes(0x12, Buffer.from(spanId, 'hex'));
            w.fixed64(0x39, 1n).message(0x4a, () => write(w));
          }),
        ),
      );
      const { parts } = split(w.finish());
      return Buffer.from(parts[0].otlp).includes('secret');
    };
    const role = (w: ProtoWriter) => w.message(0x12, () => w.string(0x0a, 'tool'));
    expect(hidden((w) => role(w.string(0x0a, 'secret').string(0x0a, 'ati.role')))).toBe(false);
    expect(
      hidden((w) => role(w.string(0x0a, 'ati.role').message(0x12, () => w.string(0x0a, 'secret')))),
    ).toBe(false);
    expect(hidden((w) => role(w.string(0x0a, 'ati.role').string(0x1a, 'secret')))).toBe(false);
    expect(
      hidden((w) =>
        w.string(0x0a, 'ati.role').message(0x12, () => w.string(0x0a, 'secret').string(0x0a, 'tool')),
      ),
    ).toBe(false);
    expect(hidden((w) => w.string(0x0a, 'ati.role').message(0x12, () => w.string(0x0a, 'no secret')))).toBe(
      true,
    );
  });

  test('no more than maxAttributesPerSpan are kept', () => {
    const attributes = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`ati.count_${i}`, i]));
    const { spans, dropped } = through(body({ ...good, attributes }), { maxAttributesPerSpan: 4 });
    expect(Object.keys(spans[0].attributes)).toHaveLength(4);
    expect(dropped.attributes).toBe(5);
  });

  test('what is dropped is counted by kind', () => {
    const { dropped } = through(
      body({
        ...good,
        attributes: { 'gen_ai.input.messages': '[]', 'llm.prompts.0.text': 'x', 'my.key': 1 },
      }),
    );
    expect(dropped).toMatchObject({ attributes: 1, content: 2, hashedArguments: 0 });
  });

  test('a thousand unknown keys do not push out the listed ones', () => {
    const allowlist = createAllowlist();
    for (let i = 0; i < 5000; i++) allowlist.rule(Buffer.from(`key.${i}`), 0, `key.${i}`.length);
    const { spans } = through(body({ ...good, attributes: { 'ati.role': 'tool', 'key.1': 'x' } }), {
      allowlist,
    });
    expect(spans[0].attributes).toEqual({ 'ati.role': 'tool' });
  });
});

describe('ATI_ALLOW_ATTRIBUTES', () => {
  test('an exact key passes whole, even content; a prefix keeps the bounds and never lets content in', () => {
    const long = `${'x'.repeat(300)}\nsecond line`;
    expect(keptOf([['my.note', long]], ['my.note'])).toEqual({ 'my.note': long });
    expect(keptOf([['db.query.text', 'SELECT 1']], ['db.query.text'])).toEqual({
      'db.query.text': 'SELECT 1',
    });
    expect(keptOf([['my.note', 'short']], ['my.*'])).toEqual({ 'my.note': 'short' });
    expect(keptOf([['my.note', long]], ['my.*'])).toEqual({});
    expect(keptOf([['mynote', 'short']], ['my.*'])).toEqual({});
    expect(keptOf([['gen_ai.input.messages', 'x']], ['gen_ai.*'])).toEqual({});
    expect(keptOf([['gen_ai.conversation.id', 'c1']], ['gen_ai.*'])).toEqual({
      'gen_ai.conversation.id': 'c1',
    });
    expect(keptOf([['ati.note', 'text']], ['ati.*'])).toEqual({ 'ati.note': 'text' });
    expect(keptOf([['my.note', { kvlist: { a: 1 } }]], ['my.note'])).toEqual({});
  });
});

describe('arguments become a salted hash', () => {
  const hash = (value: string) => Buffer.from(value).toString('hex').padEnd(64, '0').slice(0, 32);
  test('of the most telling key', () => {
    expect(keptOf({ 'gen_ai.tool.call.arguments': '{"q":1}' })).toEqual({ 'ati.args_hash': hash('{"q":1}') });
    expect(keptOf({ 'tool.parameters': 'b', 'gen_ai.tool.call.arguments': 'a' })).toEqual({
      'ati.args_hash': hash('a'),
    });
  });

  test('input.value only on tool spans, wherever the mark stands', () => {
    const marked = { 'input.value': 'q', 'openinference.span.kind': 'TOOL' };
    expect(keptOf(marked)).toEqual({ 'openinference.span.kind': 'TOOL', 'ati.args_hash': hash('q') });
    expect(keptOf({ 'input.value': 'my prompt', 'openinference.span.kind': 'LLM' })).toEqual({
      'openinference.span.kind': 'LLM',
    });
  });

  test('equal structured arguments have equal hashes; a hash that was sent is kept instead', () => {
    const a = keptOf({ 'gen_ai.tool.call.arguments': { kvlist: { q: 1 } } });
    expect(a).toEqual(keptOf({ 'gen_ai.tool.call.arguments': { kvlist: { q: 1 } } }));
    expect(a).not.toEqual(keptOf({ 'gen_ai.tool.call.arguments': { kvlist: { q: 2 } } }));
    const sent = { 'ati.args_hash': '0123456789abcdef', 'tool.parameters': 'x' };
    expect(keptOf(sent)).toEqual({ 'ati.args_hash': '0123456789abcdef' });
    expect(keptOf({ 'ati.args_hash': 'my secret arguments' })).toEqual({});
  });

  test('the same in JSON keys elsewhere: none on resources and events', () => {
    const otlp = encodeTraces({
      resourceSpans: [
        { resource: { attributes: { 'tool.parameters': 'x' } }, scopeSpans: [{ spans: [good] }] },
      ],
    });
    expect(through(otlp).spans[0]).toMatchObject({ resource: {}, attributes: {} });
  });
});

describe('names, events, links, status', () => {
  test('names over 128 bytes or of several lines become a hash', () => {
    const name = (value: string) => through(body({ ...good, name: value })).spans[0].name;
    expect(name('x'.repeat(128))).toBe('x'.repeat(128));
    expect(name('x'.repeat(129))).toMatch(/^hashed:[0-9a-f]{16}$/);
    expect(name('two\nlines')).toMatch(/^hashed:[0-9a-f]{16}$/);
    expect(name('execute_tool Suche für alle')).toBe('execute_tool Suche für alle');
  });

  test('an exception keeps its type; events that carry messages are gone; other names are hashed', () => {
    const event = (name: string, attributes: OtlpAttributes = {}) => ({ timeUnixNano: 3n, name, attributes });
    const { spans, dropped } = through(
      body({
        ...good,
        events: [
          event('exception', {
            'exception.type': 'E',
            'exception.message': 'm',
            'exception.stacktrace': 's',
          }),
          event('gen_ai.user.message', { content: 'hello' }),
          event('the user said hello'),
          event('call 0171 2345678'),
          event('retry_scheduled', { 'http.request.resend_count': 2 }),
          event('hashed:0123456789abcdef'),
        ],
      }),
    );
    expect(spans[0].events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['exception', { 'exception.type': 'E' }],
      [expect.stringMatching(/^hashed:[0-9a-f]{16}$/), {}],
      [expect.stringMatching(/^hashed:[0-9a-f]{16}$/), {}],
      ['retry_scheduled', { 'http.request.resend_count': 2 }],
      ['hashed:0123456789abcdef', {}],
    ]);
    expect(spans[0].events.every((kept) => kept.timeUnixNano === 3n)).toBe(true);
    expect(dropped).toMatchObject({ events: 1, names: 2, content: 2 });
  });

  test('links keep their ids; broken ones are gone', () => {
    const link = { traceId, spanId, traceState: 'a=secret', attributes: { note: 'secret' } };
    const { spans, dropped } = through(body({ ...good, links: [link, { traceId, spanId: '00' }] }));
    expect(spans[0].links).toEqual([{ traceId, spanId }]);
    expect(dropped).toMatchObject({ links: 1, traceStates: 1, attributes: 1 });
  });

  test('a status message passes only as a code', () => {
    const includes = (message: string) => {
      const { parts } = split(body({ ...good, status: { code: 2, message } }));
      expect(through(body({ ...good, status: { code: 2, message } })).spans[0].status).toBe(2);
      return Buffer.from(parts[0].otlp).includes(message);
    };
    for (const code of ['ECONNREFUSED', 'HTTP_503', 'tool.timeout']) expect(includes(code)).toBe(true);
    for (const content of ['no such user Bob', 'Bob,Alice', 'token-8f3a91c07', 'x'.repeat(65), 'a\nb']) {
      expect(includes(content)).toBe(false);
    }
  });

  test('schema URLs pass when plain', () => {
    const includes = (schemaUrl: string) => {
      const otlp = encodeTraces({
        resourceSpans: [{ schemaUrl, scopeSpans: [{ schemaUrl, spans: [good] }] }],
      });
      return Buffer.from(split(otlp).parts[0].otlp).includes(schemaUrl);
    };
    expect(includes('https://opentelemetry.io/schemas/1.30.0')).toBe(true);
    for (const url of [
      'https://a.b/?q=secret',
      'https://u:p@host/',
      'secret',
      `https://a/${'x'.repeat(130)}`,
    ]) {
      expect(includes(url)).toBe(false);
    }
  });
});
