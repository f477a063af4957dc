/** HTTPS of ATI's own HTTP services, by ATI_TLS_CERT and ATI_TLS_KEY. */
import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:http';
import { createSecureContext } from 'node:tls';
import type { Config } from './config.ts';
import { messageOf, UserError } from './errors.ts';

/** PEM; the certificate with those that lead to its authority. */
export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A client that opens a connection and says nothing holds it so long. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** undefined: plain HTTP. Throws a UserError where a file cannot be read, or the key is not the certificate's. */
export function tlsOf(config: Pick<Config, 'ATI_TLS_CERT' | 'ATI_TLS_KEY'>): Tls | undefined {
  if (config.ATI_TLS_CERT === '') return undefined;
  const tls = {
    cert: readPem('ATI_TLS_CERT', config.ATI_TLS_CERT),
    key: readPem('ATI_TLS_KEY', config.ATI_TLS_KEY),
  };
  try {
    createSecureContext(tls);
    return tls;
  } catch (error) {
    throw new UserError(
      `ATI_TLS_CERT, ATI_TLS_KEY: these are no certificate and its key, in PEM: ${messageOf(error)}`,
    );
  }
}

/**
 * Codes of Node and OpenSSL for a certificate that is not trusted: the same tomorrow, so nobody need wait for it.
 */
const NOT_TRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
]);

/** Why a server's certificate was not accepted, by the code of the error; undefined: it is about something else. */
export function certificateFault(code: unknown): string | undefined {
  const name = String(code);
  if (NOT_TRUSTED.has(name)) return `shows a certificate that is not trusted (${name})`;
  if (name === 'ERR_TLS_CERT_ALTNAME_INVALID') return `shows a certificate for another name (${name})`;
  return undefined;
}

/** The content of a file that `variable` names; throws a UserError where it cannot be read. */
export function readPem(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError(`${variable}: ${file} cannot be read: ${messageOf(error)}`);
  }
}

/** A client that sends its head slower than this holds no connection (slow loris). */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often Node looks for such clients; its own 30 s would let them stay as long. */
const LOOK_EVERY_MS = 5_000;

/**
 * Fastify's options of a server with or without TLS; `http` are those of node:http. Typed as if without: what Fastify
 * gives for it is used in the same way. Slow clients are cut unless `http` says another time.
 */
export function serverOptions(tls: Tls | undefined, http: ServerOptions = {}): { http: ServerOptions } {
  const options = { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: LOOK_EVERY_MS, ...http };
  if (tls === undefined) return { http: options };
  const https = { ...options, ...tls, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  return { https } as unknown as { http: ServerOptions };
}
