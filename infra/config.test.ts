import { describe, expect, test } from 'vitest';
import { isLoopback, readConfig, redacted } from './config.ts';

function read(env: Record<string, string>) {
  const result = readConfig(env);
  if (!result.ok) throw new Error(result.message);
  return result.config;
}

function wrong(env: Record<string, string>): string {
  const result = readConfig(env);
  if (result.ok) throw new Error('the configuration was accepted');
  return result.message;
}

test('nothing set: the embedded, loopback-only installation', () => {
  const config = read({});
  expect(config).toMatchObject({
    ATI_HOST: '127.0.0.1',
    KAFKA_BROKERS: [],
    CLICKHOUSE_URL: '',
    ATI_API_PORT: 8001,
  });
});

test('an empty variable is an unset one', () => {
  expect(read({ KAFKA_BROKERS: '', ATI_API_PORT: '' })).toEqual(read({}));
});

test('lists are split and trimmed', () => {
  expect(read({ KAFKA_BROKERS: 'a:1, b:2,' }).KAFKA_BROKERS).toEqual(['a:1', 'b:2']);
});

test('every wrong variable is named, also those that only rules over several find', () => {
  const message = wrong({
    ATI_API_PORT: '70000',
    ATI_WORKERS: 'two',
    ATI_DETECTORS: '[1]',
    ATI_QUIET_GAP_MS: '300000',
    ATI_WINDOW_MS: '60001',
  });
  for (const name of ['ATI_API_PORT', 'ATI_WORKERS', 'ATI_DETECTORS', 'ATI_QUIET_GAP_MS', 'ATI_WINDOW_MS'])
    expect(message).toMatch(new RegExp(`^  ${name}: `, 'm'));
});

test.each([
  [{ CLICKHOUSE_URL: 'ftp://x' }, 'CLICKHOUSE_URL: must be http(s)://host:port'],
  [{ CLICKHOUSE_URL: 'nonsense' }, 'CLICKHOUSE_URL: must be http(s)://host:port'],
  [
    { CLICKHOUSE_URL: 'http://ann:secret@c:1' },
    'CLICKHOUSE_URL: must hold no password: CLICKHOUSE_PASSWORD is for it',
  ],
  [
    { CLICKHOUSE_URL: 'http://c:1/?password=secret' },
    'CLICKHOUSE_URL: must hold no password: CLICKHOUSE_PASSWORD is for it',
  ],
  [{ KAFKA_BROKERS: 'kafka:9092,noport' }, 'KAFKA_BROKERS: must be host:port,…'],
  [{ KAFKA_BROKERS: 'kafka://kafka:9092' }, 'KAFKA_BROKERS: must be host:port,…'],
  [{ ATI_API_PORT: 'foo' }, 'ATI_API_PORT: must be a whole number from 1 to 65535'],
  [{ ATI_API_PORT: '65536' }, 'ATI_API_PORT: must be a whole number from 1 to 65535'],
  [{ ATI_WORKERS: '1.5' }, 'ATI_WORKERS: must be a whole number of at least 1'],
  [{ TOOL_ERROR_RATE: '2' }, 'TOOL_ERROR_RATE: must be a number from 0 to 1'],
])('%j is refused with what it must be', (env, reason) => {
  expect(wrong(env as Record<string, string>)).toContain(reason);
});

test.each(['http://127.0.0.1:8123', 'https://user@clickhouse.example.org:8443'])(
  'CLICKHOUSE_URL %s',
  (url) => {
    expect(read({ CLICKHOUSE_URL: url }).CLICKHOUSE_URL).toBe(url);
  },
);

test('brokers by name and address', () => {
  const brokers = ['kafka-1.example.org:9092', '127.0.0.1:9092'];
  expect(read({ KAFKA_BROKERS: brokers.join(',') }).KAFKA_BROKERS).toEqual(brokers);
});

describe('rules over several variables', () => {
  test('secured brokers, ClickHouse and services are accepted', () => {
    read({
      KAFKA_BROKERS: 'k:1',
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA: 'ca',
      KAFKA_SSL_CERT: 'c',
      KAFKA_SSL_KEY: 'k',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      CLICKHOUSE_URL: 'https://c:1',
      CLICKHOUSE_CA: 'ca',
      ATI_TLS_CERT: 'c',
      ATI_TLS_KEY: 'k',
    });
  });

  test.each([
    [{ ATI_WINDOW_MS: '60000', ATI_WINDOW_HOP_MS: '7000' }, /multiple of ATI_WINDOW_HOP_MS/],
    [{ ATI_QUIET_GAP_MS: '300000' }, /ATI_QUIET_GAP_MS: must be less than ATI_HARD_CAP_MS/],
    [{ ATI_REOPEN_MS: '400000' }, /ATI_REOPEN_MS: must be less than ATI_HARD_CAP_MS/],
    [{ ATI_API_PORT: '4318' }, /another service has port 4318 too/],
    [{ ATI_TLS_CERT: 'c' }, /ATI_TLS_KEY: must be set together with ATI_TLS_CERT/],
    [{ ATI_TLS_KEY: 'k' }, /ATI_TLS_CERT: must be set together with ATI_TLS_KEY/],
    [{ KAFKA_SSL: 'true' }, /KAFKA_SSL: needs KAFKA_BROKERS/],
    [{ KAFKA_BROKERS: 'k:1', KAFKA_SSL_CA: 'ca' }, /KAFKA_SSL_CA: needs KAFKA_SSL=true/],
    [
      { KAFKA_BROKERS: 'k:1', KAFKA_SSL: 'true', KAFKA_SSL_CERT: 'c' },
      /KAFKA_SSL_KEY: must be set together with KAFKA_SSL_CERT/,
    ],
    [{ KAFKA_SASL_MECHANISM: 'plain' }, /KAFKA_SASL_MECHANISM: needs KAFKA_BROKERS/],
    [
      { KAFKA_BROKERS: 'k:1', KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' },
      /KAFKA_SASL_MECHANISM: needs KAFKA_SASL_PASSWORD/,
    ],
    [{ KAFKA_BROKERS: 'k:1', KAFKA_SASL_PASSWORD: 'p' }, /KAFKA_SASL_PASSWORD: needs KAFKA_SASL_MECHANISM/],
    [{ KAFKA_BROKERS: 'k:1', KAFKA_SASL_MECHANISM: 'gssapi' }, /KAFKA_SASL_MECHANISM: /],
    [{ CLICKHOUSE_CA: 'ca' }, /CLICKHOUSE_CA: needs CLICKHOUSE_URL=https/],
    [{ CLICKHOUSE_CA: 'ca', CLICKHOUSE_URL: 'http://c:1' }, /CLICKHOUSE_CA: needs CLICKHOUSE_URL=https/],
  ])('%j is refused', (env, reason) => {
    expect(wrong(env as Record<string, string>)).toMatch(reason);
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['::', false],
  ['127.0.0.1.example.org', false],
])('%s is of this machine alone: %s', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

test('secrets are redacted', () => {
  const shown = JSON.stringify(
    redacted(
      read({
        CLICKHOUSE_PASSWORD: 'hunter2-canary',
        ATI_TOKEN: 'token-canary',
        KAFKA_BROKERS: 'k:1',
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: 'u',
        KAFKA_SASL_PASSWORD: 'sasl-canary',
        ATI_SALT: 'salt-canary-0123456789abcdef0123456789abcdef',
      }),
    ),
  );
  expect(shown).not.toContain('canary');
});

test('a log that would be shorter than what a restart reads again is refused', () => {
  const wrong = (env: Record<string, string>) => {
    const read = readConfig(env);
    return read.ok ? '' : read.message;
  };
  expect(wrong({ ATI_LOG_RETENTION_HOURS: '23' })).toContain('must be a whole number from 24');
  expect(wrong({ ATI_LOG_RETENTION_HOURS: '24' })).toBe('');
  // A hard cap of a day: the log must reach back two.
  expect(wrong({ ATI_LOG_RETENTION_HOURS: '48', ATI_HARD_CAP_MS: String(86_400_000) })).toContain(
    'ATI_LOG_RETENTION_HOURS: must be at least 49',
  );
  expect(wrong({ ATI_LOG_RETENTION_HOURS: '49', ATI_HARD_CAP_MS: String(86_400_000) })).toBe('');
});
