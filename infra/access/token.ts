/**
 * A bearer token: `ati_` and 32 random bytes in base64url, 47 characters. Its prefix lets secret scanners know it.
 *
 * At rest there is its SHA-256 alone. A slow, salted hash protects secrets that people choose; of 256 random bits there
 * is no list to try, so one fast hash is enough, and costs a request a microsecond.
 */
import { createHash, randomBytes } from 'node:crypto';

export const TOKEN_PREFIX = 'ati_';
const TOKEN = /^ati_[A-Za-z0-9_-]{43}$/;
/** Of a token's characters a list may show: 24 of its 256 bits. */
const SHOWN = TOKEN_PREFIX.length + 4;

export const newToken = (): string => TOKEN_PREFIX + randomBytes(32).toString('base64url');

export const isToken = (text: string): boolean => TOKEN.test(text);

/** 32 bytes. */
export const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Its beginning, to tell tokens apart in a list. */
export const beginningOf = (token: string): string => token.slice(0, SHOWN);

/** The token of an `Authorization` header (RFC 6750); undefined: it has none of ours. */
export function bearerOf(authorization: string | undefined): string | undefined {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  return token !== undefined && isToken(token) ? token : undefined;
}
