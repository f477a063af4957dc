/** Who may talk to the engine: local programs that know the password, if there is one; never a web page. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { EngineError } from './engine-error.ts';

export interface Credentials {
  readonly user: string;
  /** Empty: none is asked for. */
  readonly password: string;
}

const LOOPBACK = /^(localhost|127(?:\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * The error to answer with, or undefined. A page in a browser can send requests to loopback: it gives itself away by
 * Origin (or Sec-Fetch-Site), or, by a name that resolves to 127.0.0.1, by Host.
 */
export function refusal(
  request: Pick<IncomingMessage, 'headers'>,
  params: URLSearchParams,
  expected: Credentials,
): EngineError | undefined {
  const { headers } = request;
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none'))
    return new EngineError(497, 'ACCESS_DENIED', 'web pages may not query the embedded engine');
  if (!LOOPBACK.test(headers.host ?? ''))
    return new EngineError(
      497,
      'ACCESS_DENIED',
      `the embedded engine answers on loopback, not as ${headers.host}`,
    );
  if (expected.password === '') return undefined;
  const { user, password } = given(request, params);
  if (user === expected.user && same(password, expected.password)) return undefined;
  return new EngineError(
    516,
    'AUTHENTICATION_FAILED',
    `${user}: Authentication failed: password is incorrect`,
  );
}

function given({ headers }: Pick<IncomingMessage, 'headers'>, params: URLSearchParams): Credentials {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const [user, ...rest] = Buffer.from(basic, 'base64').toString().split(':');
    return { user: user || 'default', password: rest.join(':') };
  }
  return {
    user: String(headers['x-clickhouse-user'] ?? params.get('user') ?? 'default'),
    password: String(headers['x-clickhouse-key'] ?? params.get('password') ?? ''),
  };
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
