import { expect, test } from 'vitest';
import { serverOptions } from './tls.ts';

/** A client that never ends its head is cut within 15 s: 10 s, and 5 s until somebody looks. */
const SLOW = { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 };
const tls = { cert: Buffer.from('cert'), key: Buffer.from('key') };

test('slow clients are cut, over TLS too; other options stay', () => {
  expect(serverOptions(undefined)).toEqual({ http: SLOW });
  expect(serverOptions(undefined, { headersTimeout: 1, maxHeaderSize: 2 })).toEqual({
    http: { ...SLOW, headersTimeout: 1, maxHeaderSize: 2 },
  });
  expect(serverOptions(tls, { maxHeaderSize: 2 })).toEqual({
    https: { ...SLOW, ...tls, handshakeTimeout: 10_000, maxHeaderSize: 2 },
  });
});
