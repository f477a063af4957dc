import { expect, test } from 'vitest';
import { codingOf, encodingOf } from './negotiation.ts';

test.each([
  ['application/x-protobuf', 'protobuf'],
  ['Application/X-Protobuf ; v=1', 'protobuf'],
  ['application/json', 'json'],
  ['application/json;charset=utf-8', 'json'],
])('%s is %s', (header, value) => {
  expect(encodingOf(header)).toEqual({ ok: true, value });
});

test.each([undefined, '', 'text/plain', 'application/x-protobuffer', 'application/json, text/plain'])(
  'Content-Type %s is refused with what would be accepted',
  (header) => {
    expect(encodingOf(header)).toMatchObject({
      refusal: { status: 415, headers: { accept: 'application/x-protobuf, application/json' } },
    });
  },
);

test.each([
  [undefined, 'identity'],
  ['identity', 'identity'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  [' zstd ', 'zstd'],
  ['deflate', 'deflate'],
])('Content-Encoding %s is %s', (header, value) => {
  expect(codingOf(header)).toEqual({ ok: true, value });
});

test.each(['br', 'gzip, gzip', 'gzip,', 'zst'])('Content-Encoding %s is refused', (header) => {
  expect(codingOf(header)).toMatchObject({
    refusal: { status: 415, headers: { 'accept-encoding': 'gzip, zstd, deflate' } },
  });
});
