/** TLS and SASL to the brokers: from the configuration to what kafkajs takes. */
import { createSecureContext } from 'node:tls';
import type { Config } from '../config.ts';
import { brokersOf } from '../endpoints.ts';
import { messageOf, UserError } from '../errors.ts';
import { readPem } from '../tls.ts';

export interface KafkaTls {
  /** PEM; without it the authorities that Node knows are trusted (NODE_EXTRA_CA_CERTS adds to them). */
  readonly ca?: Buffer;
  /** PEM of what we show to the brokers, with its key: mutual TLS. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Without either: plain connections without a login, as the embedded broker's are. */
export interface KafkaSecurity {
  readonly ssl?: KafkaTls;
  readonly sasl?: KafkaSasl;
}

/** The brokers of a configuration and how they are talked to: what every connection needs. */
export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly security: KafkaSecurity;
}

/** Throws a UserError where a file cannot be read, or is not what its variable says. */
export function kafkaOf(config: Config): KafkaAddress {
  return { brokers: brokersOf(config), security: securityOf(config) };
}

function securityOf(config: Config): KafkaSecurity {
  const { KAFKA_SASL_MECHANISM: mechanism } = config;
  return {
    ...(config.KAFKA_SSL && { ssl: tlsOf(config) }),
    ...(mechanism !== '' && {
      sasl: { mechanism, username: config.KAFKA_SASL_USERNAME, password: config.KAFKA_SASL_PASSWORD },
    }),
  };
}

function tlsOf(config: Config): KafkaTls {
  const pem = (variable: 'KAFKA_SSL_CA' | 'KAFKA_SSL_CERT' | 'KAFKA_SSL_KEY') =>
    config[variable] === '' ? undefined : readPem(variable, config[variable]);
  const tls = { ca: pem('KAFKA_SSL_CA'), cert: pem('KAFKA_SSL_CERT'), key: pem('KAFKA_SSL_KEY') };
  try {
    // A broken file would else be told as a broker that does not answer.
    createSecureContext(tls);
  } catch (error) {
    throw new UserError(
      `KAFKA_SSL_CA, KAFKA_SSL_CERT, KAFKA_SSL_KEY: these are no certificates and key, in PEM: ${messageOf(error)}`,
    );
  }
  if (tls.ca !== undefined && !tls.ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new UserError(`KAFKA_SSL_CA: ${config.KAFKA_SSL_CA} holds no certificate in PEM`);
  return tls;
}
