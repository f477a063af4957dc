import { expect, test } from 'vitest';
import { isOwnHost } from './rebinding.ts';

test.each([
  undefined,
  'localhost',
  'LocalHost:8001',
  '127.0.0.1:4318',
  '10.1.2.3',
  '[::1]:8001',
  '[fe80::1]',
  'ingest:4318',
  'agents.localhost:8001',
  'host.docker.internal:4318',
])('no web page of a stranger can be served under %s', (host) => {
  expect(isOwnHost(host)).toBe(true);
});

test.each([
  'evil.example',
  'evil.example:8001',
  'EVIL.EXAMPLE',
  '127.0.0.1.evil.example',
  '127.0.0.1.',
  'localhost.evil.example:8001',
  'localhost.',
  'evil.example.',
  'evil-localhost.example',
  'evil.example:8001:8001',
  'internal.evil.example',
  '[::1].evil.example',
  '1.2.3.4.5',
  '',
  ':8001',
])('under %j there may be one', (host) => {
  expect(isOwnHost(host)).toBe(false);
});
