import { afterEach, expect, test, vi } from 'vitest';
import { authorizationOf, ownAuthorization, tokenAdvice } from './own-token.ts';

afterEach(() => vi.unstubAllEnvs());

test('a token is sent as a bearer; without one nothing is', () => {
  expect(authorizationOf('ati_x')).toEqual({ authorization: 'Bearer ati_x' });
  expect(authorizationOf('')).toEqual({});
  vi.stubEnv('ATI_TOKEN', 'ati_y');
  expect(ownAuthorization()).toEqual({ authorization: 'Bearer ati_y' });
});

test.each([
  [200, '', undefined],
  [404, '', undefined],
  [401, '', 'it wants a token: set ATI_TOKEN to a token with the scope read'],
  [401, 'ati_canary', 'the token in ATI_TOKEN is not valid there: set ATI_TOKEN'],
  [403, 'ati_canary', 'the token in ATI_TOKEN lacks the scope read: set ATI_TOKEN'],
])('%i with %j: %s', (status, token, advice) => {
  vi.stubEnv('ATI_TOKEN', token);
  const said = tokenAdvice(status, 'read');
  if (advice === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(advice);
  expect(said ?? '').not.toContain('canary');
});
