/** The token that ATI's own commands and agents send: ATI_TOKEN. */
import type { Scope } from './access.ts';

/** The header of a request; nothing without a token. */
export function authorizationOf(token: string): { readonly authorization?: string } {
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}

/** The same for a command that was given no configuration: whatever else is wrong with it is not asked here. */
export const ownAuthorization = (): { readonly authorization?: string } =>
  authorizationOf(process.env.ATI_TOKEN ?? '');

/** What to do about 401 and 403; undefined: it is another answer. `scope` is what the request needed. */
export function tokenAdvice(status: number, scope: Scope): string | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const sent = (process.env.ATI_TOKEN ?? '') !== '';
  const why =
    status === 403
      ? `the token in ATI_TOKEN lacks the scope ${scope}`
      : sent
        ? 'the token in ATI_TOKEN is not valid there'
        : 'it wants a token';
  return `${why}: set ATI_TOKEN to a token with the scope ${scope} (npm run tokens -- create NAME --scopes ${scope})`;
}
