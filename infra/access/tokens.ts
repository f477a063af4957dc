/** Access by tokens: whom a bearer token names. */
import { timingSafeEqual } from 'node:crypto';
import type { Access, Authentication, Principal } from './access.ts';
import { bearerOf, digestOf } from './token.ts';
import type { StoredToken } from './token-file.ts';

interface Known {
  readonly digest: Buffer;
  readonly principal: Principal;
  /** Unix ms. */
  readonly expiresAt: number;
}

const NONE: Authentication = {
  ok: false,
  reason: 'a bearer token is needed: Authorization: Bearer ati_…',
};
/** The same for a token that was never there, is revoked or has expired. */
const INVALID: Authentication = { ok: false, reason: 'this token is not valid here' };

/**
 * Compares SHA-256 digests, never tokens. Candidates are found by the first four bytes of the digest and compared by
 * timingSafeEqual, all of them. What that lookup's time may tell is whether some stored digest begins like the digest
 * of a guess; whoever knew whole digests could not make a token of them either, since that is a preimage of 256 random
 * bits. So no time depends on how much of a *token* was guessed, and the cost does not grow with the number of tokens.
 */
export function tokenAccess(tokens: readonly StoredToken[], now: () => number): Access {
  const byStart = Map.groupBy(tokens.map(known), ({ digest }) => digest.readUInt32BE(0));
  return {
    required: true,
    authenticate(authorization) {
      if (authorization === undefined) return NONE;
      const token = bearerOf(authorization);
      if (token === undefined) return INVALID;
      const digest = digestOf(token);
      let found: Known | undefined;
      for (const candidate of byStart.get(digest.readUInt32BE(0)) ?? []) {
        if (timingSafeEqual(candidate.digest, digest)) found = candidate;
      }
      return found !== undefined && now() < found.expiresAt
        ? { ok: true, principal: found.principal }
        : INVALID;
    },
  };
}

function known({ name, tenant, scopes, sha256, expiresAt }: StoredToken): Known {
  return {
    digest: Buffer.from(sha256, 'hex'),
    principal: { name, tenant, scopes: new Set(scopes) },
    expiresAt: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
  };
}
