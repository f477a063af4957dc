import { expect, test } from 'vitest';
import { type Config, readConfig } from './config.ts';
import { agentHostOf, agentUrlOf, brokersOf, clickhouseUrlOf, urlOf } from './endpoints.ts';

function config(env: Record<string, string>): Config {
  const read = readConfig(env);
  if (!read.ok) throw new Error(read.message);
  return read.config;
}

test('unset: the embedded ones, on this machine, on their ports', () => {
  const embedded = config({ ATI_BROKER_PORT: '19092', ATI_ENGINE_PORT: '18123' });
  expect(brokersOf(embedded)).toEqual(['127.0.0.1:19092']);
  expect(clickhouseUrlOf(embedded)).toBe('http://127.0.0.1:18123');
});

test('set: those', () => {
  const real = config({ KAFKA_BROKERS: 'a:1,b:2', CLICKHOUSE_URL: 'https://ch:8443' });
  expect(brokersOf(real)).toEqual(['a:1', 'b:2']);
  expect(clickhouseUrlOf(real)).toBe('https://ch:8443');
});

test.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['0.0.0.0', 'http://127.0.0.1:80'],
  ['::', 'http://127.0.0.1:80'],
  ['::1', 'http://[::1]:80'],
])('what listens at %s is asked at %s', (host, url) => {
  expect(urlOf({ ATI_HOST: host, ATI_TLS_CERT: '' }, 80)).toBe(url);
  expect(urlOf({ ATI_HOST: host, ATI_TLS_CERT: 'c' }, 80)).toBe(url.replace('http:', 'https:'));
});

test.each([
  ['127.0.0.1', 'false', '127.0.0.1'],
  ['0.0.0.0', 'true', '0.0.0.0'],
  ['0.0.0.0', 'false', '127.0.0.1'],
  ['10.0.0.1', 'false', '127.0.0.1'],
])('with ATI_HOST=%s, trusted %s, the synthetic agents bind %s', (host, trusted, bound) => {
  const read = config({ ATI_HOST: host, ATI_TRUSTED_NETWORK: trusted });
  expect(agentHostOf(read)).toBe(bound);
  expect(agentUrlOf(read, 80, '/run')).toBe('http://127.0.0.1:80/run');
});
