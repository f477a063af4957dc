/** TLS and SASL against a real Apache Kafka; `npm run test:kafka` says where its jars are. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { certificateOf, newAuthority, writePem } from '../testing/certificates.ts';
import { connectKafka } from './client.ts';
import type { Kafka } from './port.ts';
import { type NodeOptions, startNode, stopNode } from './real/node.ts';
import { freePorts } from './real/place.ts';
import { kafkaOf } from './security.ts';

const given = process.env.ATI_TEST_KAFKA_NODE;
const PASSWORD = 'canary-right-password';
const WRONG = 'canary-wrong-password';
/** A start of a process waits longer; no test does. */
const PATIENCE_MS = 4_000;

describe.skipIf(given === undefined)('a real Kafka with TLS and SASL', () => {
  let directory: string;
  let files: Record<'server' | 'client' | 'stranger' | 'ca' | 'otherCa', { cert: string; key: string }>;
  const ports = { plain: 0, tls: 0, mutual: 0, login: 0, clear: 0 };
  let log = '';

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'ati-secure-'));
    const [authority, other] = [await newAuthority(), await newAuthority('another authority')];
    const server = await certificateOf(authority, 'broker');
    files = {
      ca: await writePem(directory, 'ca', authority),
      otherCa: await writePem(directory, 'other-ca', other),
      server: await writePem(directory, 'server', server),
      client: await writePem(directory, 'client', await certificateOf(authority, 'client')),
      stranger: await writePem(directory, 'stranger', await certificateOf(other, 'stranger')),
    };
    const store = path.join(directory, 'server-store.pem');
    await writeFile(store, `${server.key}\n${server.cert}\n`);
    for (const name of ['plain', 'tls', 'mutual', 'login', 'clear'] as const) ports[name] = await freePorts();
    const { lib, java } = JSON.parse(given ?? '') as NodeOptions;
    const listeners = (host: string) => [
      `PLAINTEXT://${host}:${ports.plain}`,
      `TLS://${host}:${ports.tls}`,
      `MUTUAL://${host}:${ports.mutual}`,
      `LOGIN://${host}:${ports.login}`,
      `CLEAR://${host}:${ports.clear}`,
    ];
    const plainUsers = `org.apache.kafka.common.security.plain.PlainLoginModule required user_ati="${PASSWORD}";`;
    const scramLogin = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    await startNode({
      lib,
      java,
      directory: path.join(directory, 'node'),
      port: ports.plain,
      scram: ['256', '512'].map((bits) => `SCRAM-SHA-${bits}=[name=ati,password=${PASSWORD}]`),
      properties: {
        listeners: [...listeners('127.0.0.1'), `CONTROLLER://127.0.0.1:${ports.plain + 1}`].join(),
        'advertised.listeners': listeners('127.0.0.1').join(),
        'listener.security.protocol.map':
          'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MUTUAL:SSL,LOGIN:SASL_SSL,CLEAR:SASL_PLAINTEXT',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': store,
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': files.ca.cert,
        'listener.name.mutual.ssl.client.auth': 'required',
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        ...Object.fromEntries(
          ['login', 'clear'].flatMap((name) => [
            [`listener.name.${name}.plain.sasl.jaas.config`, plainUsers],
            [`listener.name.${name}.scram-sha-256.sasl.jaas.config`, scramLogin],
            [`listener.name.${name}.scram-sha-512.sasl.jaas.config`, scramLogin],
          ]),
        ),
      },
    });
  }, 180_000);

  afterAll(async () => {
    await stopNode(path.join(directory, 'node'), 'SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  async function connect(listener: keyof typeof ports, env: Record<string, string> = {}): Promise<Kafka> {
    const read = readConfig({ KAFKA_BROKERS: `127.0.0.1:${ports[listener]}`, ...env });
    if (!read.ok) throw new Error(read.message);
    const sink = new Writable({
      write(chunk, _encoding, done) {
        log += chunk.toString();
        done();
      },
    });
    const options = { clientId: 'test', log: pino({ level: 'trace' }, sink), patienceMs: PATIENCE_MS };
    return connectKafka({ ...kafkaOf(read.config), ...options });
  }

  const tls = (more: Record<string, string> = {}) => ({
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA: files.ca.cert,
    ...more,
  });
  const login = (mechanism: string, password = PASSWORD) => ({
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: 'ati',
    KAFKA_SASL_PASSWORD: password,
  });
  const shown = (who: 'client' | 'stranger') => ({
    KAFKA_SSL_CERT: files[who].cert,
    KAFKA_SSL_KEY: files[who].key,
  });

  test.each([
    ['TLS', 'tls', () => tls()],
    ['mutual TLS', 'mutual', () => tls(shown('client'))],
    ['TLS and SCRAM-SHA-512', 'login', () => tls(login('scram-sha-512'))],
    ['TLS and SCRAM-SHA-256', 'login', () => tls(login('scram-sha-256'))],
    ['TLS and PLAIN', 'login', () => tls(login('plain'))],
    ['SCRAM-SHA-256 without TLS', 'clear', () => login('scram-sha-256')],
  ] as const)('%s: topics, produce, a group, read back', async (name, listener, env) => {
    const kafka = await connect(listener, env());
    try {
      const topic = `t-${name.replace(/\W+/g, '-')}`;
      await kafka.ensureTopics([{ name: topic, partitions: 1, config: {} }]);
      const producer = await kafka.producer();
      await producer.send(topic, [{ value: Buffer.from('hello'), partition: 0 }]);
      await producer.close();
      const seen = Promise.withResolvers<string>();
      const consumer = await kafka.consume({
        groupId: `g-${topic}`,
        topics: [topic],
        startAt: 'earliest',
        handler: {
          async onAssigned() {},
          async onBatch({ records }) {
            seen.resolve(String(records[0].value));
          },
        },
      });
      expect(await seen.promise).toBe('hello');
      await consumer.close();
    } finally {
      await kafka.close();
    }
  });

  test.each([
    [
      'a wrong password',
      'login',
      () => tls(login('scram-sha-512', WRONG)),
      /refuses the login .*KAFKA_SASL_PASSWORD/,
    ],
    ['a wrong password with PLAIN', 'login', () => tls(login('plain', WRONG)), /refuses the login/],
    [
      'a wrong CA',
      'tls',
      () => tls({ KAFKA_SSL_CA: files.otherCa.cert }),
      /certificate that is not trusted .*KAFKA_SSL_CA/,
    ],
    ['no CA', 'tls', () => ({ KAFKA_SSL: 'true' }), /certificate that is not trusted/],
    [
      'mutual TLS without a certificate',
      'mutual',
      () => tls(),
      /does not accept our certificate .*KAFKA_SSL_CERT/,
    ],
    [
      'mutual TLS with a stranger’s',
      'mutual',
      () => tls(shown('stranger')),
      /does not accept our certificate/,
    ],
    ['no login where one is wanted', 'login', () => tls(), /closed the connection .*KAFKA_SASL_MECHANISM/],
    ['plaintext on a TLS port', 'tls', () => ({}), /cannot reach Kafka .*KAFKA_SSL/],
    ['TLS on a plaintext port', 'plain', () => tls(), /127\.0\.0\.1:\d+/],
  ] as const)(
    '%s: an error within the patience, which says what to do',
    async (_, listener, env, sentence) => {
      const error = await connect(listener, env()).then(
        (kafka) => kafka.close().then(() => 'connected'),
        (reason: Error) => reason.message,
      );
      expect(error).toMatch(sentence);
    },
    30_000,
  );

  test('a file that is not there, or holds something else, is said before anything is connected', async () => {
    await expect(connect('tls', tls({ KAFKA_SSL_CA: '/nowhere' }))).rejects.toThrow(
      /^KAFKA_SSL_CA: \/nowhere cannot be read/,
    );
    await expect(connect('tls', tls({ KAFKA_SSL_CA: files.ca.key }))).rejects.toThrow(/^KAFKA_SSL_CA/);
    const swapped = { KAFKA_SSL_CERT: files.client.cert, KAFKA_SSL_KEY: files.stranger.key };
    await expect(connect('tls', tls(swapped))).rejects.toThrow(
      /^KAFKA_SSL_CA, KAFKA_SSL_CERT, KAFKA_SSL_KEY: /,
    );
  });

  test('no log line, at trace, has had a password', () => {
    expect(log.length).toBeGreaterThan(1_000);
    for (const secret of [PASSWORD, WRONG])
      for (const form of ['utf8', 'base64', 'hex'] as const)
        expect(log).not.toContain(Buffer.from(secret).toString(form));
    expect(log).not.toContain('PRIVATE KEY');
  });
});
