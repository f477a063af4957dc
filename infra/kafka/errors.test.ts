import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { isBrokerAnswer, isMembershipLost, isTransient, KafkaError, toKafkaError, typeOf } from './errors.ts';

const {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} = kafkajs;

function refused(type: string, retriable: boolean): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(`The broker says ${type}`), { type, retriable }));
}

const noConnection = new KafkaJSConnectionError('Connection error: connect ECONNREFUSED 127.0.0.1:1', {
  code: 'ECONNREFUSED',
});
const exhausted = new KafkaJSNumberOfRetriesExceeded(noConnection, { retryCount: 3, retryTime: 1 });

describe('no broker', () => {
  test('is transient, however deep kafkajs wraps it', () => {
    expect(isTransient(noConnection)).toBe(true);
    expect(isTransient(exhausted)).toBe(true);
    expect(isBrokerAnswer(exhausted)).toBe(false);
  });

  test('is a sentence with the addresses and the reason', () => {
    const error = toKafkaError(exhausted, 'write to ati.spans', ['a:1', 'b:2']);
    expect(error.message).toBe('cannot reach Kafka at a:1, b:2: connection refused');
    expect(error.transient).toBe(true);
  });
});

test('a broker that accepts connections and answers nothing is away, too', async () => {
  // kafkajs's own class, before it has spoken with a broker: the words are its.
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker/index.js') as new (
    options: object,
  ) => { heartbeat(request: object): Promise<unknown> };
  const logger = { namespace: () => ({ debug: () => undefined }) };
  const broker = new Broker({ connectionPool: { host: 'a', port: 1 }, logger });
  const request = { groupId: 'g', groupGenerationId: 1, memberId: 'm' };
  const error = await broker.heartbeat(request).catch((raised: unknown) => raised);
  expect(isTransient(error)).toBe(true);
  expect(toKafkaError(error, 'read t', ['a:1'])).toMatchObject({
    message: 'cannot reach Kafka at a:1: broker not connected',
    transient: true,
  });
  expect(isTransient(new Error('something else'))).toBe(false);
});

describe('a refusal of the broker', () => {
  test.each([
    ['NOT_LEADER_FOR_PARTITION', true, true],
    ['NOT_COORDINATOR_FOR_GROUP', false, true],
    ['LEADER_NOT_AVAILABLE', true, true],
    ['MESSAGE_TOO_LARGE', false, false],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', false, false],
    ['TOPIC_AUTHORIZATION_FAILED', false, false],
  ])('%s: kafkajs says retriable %s, tried again: %s', (type, retriable, expected) => {
    expect(isTransient(refused(type, retriable))).toBe(expected);
    expect(isBrokerAnswer(refused(type, retriable))).toBe(true);
  });

  test.each(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])(
    '%s needs a new join, not a second try',
    (type) => {
      const error = refused(type, true);
      expect(isMembershipLost(error)).toBe(true);
      expect(isTransient(error)).toBe(false);
      expect(isMembershipLost(toKafkaError(error, 'commit', []))).toBe(true);
    },
  );

  test('keeps its name and says what was tried', () => {
    const error = toKafkaError(refused('MESSAGE_TOO_LARGE', false), 'write to t', ['a:1']);
    expect(error.message).toBe('Kafka cannot write to t: The broker says MESSAGE_TOO_LARGE');
    expect(typeOf(error)).toBe('MESSAGE_TOO_LARGE');
  });
});

test('a bug is not transient', () => {
  expect(isTransient(new TypeError('x is not a function'))).toBe(false);
  expect(isTransient(new KafkaJSNonRetriableError(new Error('bad')))).toBe(false);
  expect(toKafkaError(new TypeError('x is not a function'), 'read t', []).message).toContain('x is not a');
});

test('a KafkaError stays the same', () => {
  const error = new KafkaError('topic t has no partition 9', { transient: false });
  expect(toKafkaError(error, 'write', [])).toBe(error);
});

describe('TLS and login', () => {
  const named = (name: string, message: string) => Object.assign(new Error(message), { name });
  const broken = (code: string) => new KafkaJSConnectionError(`Connection error: ${code}`, { code });
  test.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', /^Kafka at a:1 shows a certificate that is not trusted .*KAFKA_SSL_CA/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /^Kafka at a:1 shows a certificate for another name .*KAFKA_BROKERS/],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', /does not accept our certificate/],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', /does not accept our certificate/],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      /^Kafka at a:1 does not accept our certificate .*KAFKA_SSL_CERT/,
    ],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /^Kafka at a:1 speaks no TLS on this port/],
  ])('%s says what to do, and is the same tomorrow', (code, sentence) => {
    const error = toKafkaError(
      new KafkaJSNumberOfRetriesExceeded(broken(code), { retryCount: 1, retryTime: 1 }),
      'be reached',
      ['a:1'],
    );
    expect(error.message).toMatch(sentence);
    expect(error.transient).toBe(false);
  });

  test('a refused login names the variables', () => {
    const error = toKafkaError(named('KafkaJSSASLAuthenticationError', 'no'), 'be reached', ['a:1']);
    expect(error.message).toMatch(/^Kafka at a:1 refuses the login .*KAFKA_SASL_PASSWORD.*: no$/);
    expect(error.transient).toBe(false);
  });

  test('a connection that was closed may be another port or a restart: it is tried again, with a hint', () => {
    const closed = named('KafkaJSConnectionClosedError', 'Closed connection');
    const error = toKafkaError(closed, 'be reached', ['a:1']);
    expect(error.message).toMatch(/^cannot reach Kafka at a:1: it closed the connection.*KAFKA_SSL/);
    expect(error.transient).toBe(true);
  });
});
