import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bearerOf, beginningOf, digestOf, isToken, newToken } from './token.ts';
import type { StoredToken } from './token-file.ts';
import { tokenAccess } from './tokens.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function stored(token: string, changes: Partial<StoredToken> = {}): StoredToken {
  return {
    name: 'agents',
    tenant: 'a',
    scopes: ['ingest'],
    sha256: digestOf(token).toString('hex'),
    begins: beginningOf(token),
    createdAt: '2025-01-01T00:00:00Z',
    ...changes,
  };
}

test('a token: recognisable, 256 bits, never the same', () => {
  const tokens = Array.from({ length: 100 }, newToken);
  expect(tokens.every(isToken)).toBe(true);
  expect(new Set(tokens).size).toBe(100);
  expect(Buffer.from(tokens[0].slice(4), 'base64url')).toHaveLength(32);
});

test('SHA-256 of the whole token, as sha256sum gives it', () => {
  expect(digestOf('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('the right token is its principal, however the scheme is written', () => {
  const token = newToken();
  const access = tokenAccess([stored(newToken(), { name: 'other' }), stored(token)], () => NOW);
  expect(access.required).toBe(true);
  for (const scheme of ['Bearer', 'bearer', 'BEARER'])
    expect(access.authenticate(`${scheme} ${token}`)).toEqual({
      ok: true,
      principal: { name: 'agents', tenant: 'a', scopes: new Set(['ingest']) },
    });
});

test('an unknown token and one that is over are told apart by nobody; one is valid until its end', () => {
  const token = newToken();
  let now = NOW;
  const access = tokenAccess([stored(token, { expiresAt: '2026-01-01T00:00:01Z' })], () => now);
  expect(access.authenticate(`Bearer ${token}`).ok).toBe(true);
  now += 1_000;
  const over = access.authenticate(`Bearer ${token}`);
  expect(over).toEqual({ ok: false, reason: 'this token is not valid here' });
  expect(access.authenticate(`Bearer ${newToken()}`)).toEqual(over);
});

test('without tokens in the file nobody is let in', () => {
  const access = tokenAccess([], () => NOW);
  expect(access.authenticate(undefined).ok).toBe(false);
  expect(access.authenticate(`Bearer ${newToken()}`).ok).toBe(false);
});

test('digests that begin alike are told apart', () => {
  const token = newToken();
  const alike = `${stored(token).sha256.slice(0, 60)}0000`;
  const both = [stored(newToken(), { name: 'alike', sha256: alike }), stored(token)];
  const who = tokenAccess(both, () => NOW).authenticate(`Bearer ${token}`);
  expect(who.ok && who.principal.name).toBe('agents');
  expect(tokenAccess(both.slice(0, 1), () => NOW).authenticate(`Bearer ${token}`).ok).toBe(false);
});

test('whatever else is in the header, it is a refusal that quotes nothing of it', () => {
  const token = newToken();
  const access = tokenAccess([stored(token)], () => NOW);
  const changed = fc
    .tuple(fc.nat({ max: token.length - 1 }), fc.constantFrom('A', 'b', '-', ' ', '\u0000', 'é'))
    .map(([at, by]) => `Bearer ${token.slice(0, at)}${by}${token.slice(at + 1)}`);
  const others = fc.constantFrom(
    token,
    `Basic ${token}`,
    `Bearer ${token}x`,
    `Bearer ${token},`,
    `Bearer  `,
    `Bearer ${token} x`,
    `Bearer ${token.slice(0, -1)}`,
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), others, changed), (header) => {
      fc.pre(bearerOf(header) !== token);
      const who = access.authenticate(header);
      expect(who.ok).toBe(false);
      expect(!who.ok && who.reason).toBe('this token is not valid here');
    }),
    { numRuns: 500 },
  );
});
