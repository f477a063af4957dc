import { expect, test } from 'vitest';
import { exported, refusal } from './answer.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const json = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());

test('nothing rejected: an empty message, so no partial success', () => {
  expect(exported('traces', 'protobuf')).toEqual({
    status: 200,
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.alloc(0),
  });
  expect(json(exported('traces', 'json').body)).toEqual({});
});

test('partial success by the wire format: field 1 { 1: rejected, 2: message }', () => {
  expect(hex(exported('traces', 'protobuf', 3, 'no').body)).toBe('0a06080312026e6f');
  expect(hex(exported('traces', 'protobuf', 300, '').body)).toBe('0a0508ac021200');
});

test('partial success in JSON: int64 is a string', () => {
  expect(json(exported('traces', 'json', 3, 'no').body)).toEqual({
    partialSuccess: { rejectedSpans: '3', errorMessage: 'no' },
  });
});

test('a refusal is a google.rpc.Status in the encoding of the request', () => {
  const busy = { status: 503, message: 'busy', retryAfter: 2 } as const;
  const protobuf = refusal('protobuf', busy);
  expect(hex(protobuf.body)).toBe(`080e1204${Buffer.from('busy').toString('hex')}`);
  expect(protobuf.headers).toEqual({ 'content-type': 'application/x-protobuf', 'retry-after': '2' });
  expect(json(refusal('json', busy).body)).toEqual({ code: 14, message: 'busy' });
});

test('what may not be retried has no Retry-After', () => {
  expect(refusal('json', { status: 400, message: 'bad' }).headers).toEqual({
    'content-type': 'application/json',
  });
});
