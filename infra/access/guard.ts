/** Access control of an HTTP service: every route says what it needs, and no request is handled without it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { metrics } from '../metrics.ts';
import type { Access, Principal, Scope } from './access.ts';
import { isOwnHost } from './rebinding.ts';

/** `open`: anybody, without a token (readiness, documentation). `any`: every token. */
export type Need = Scope | 'any' | 'open';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request of this route needs; a route without it is a bug that registering it tells. */
    access?: Need;
  }
  interface FastifyRequest {
    /** Who asks. Throws on an `open` route, where nobody was asked. */
    readonly principal: Principal;
  }
}

export interface Denial {
  readonly status: 401 | 403;
  readonly message: string;
}

export interface GuardOptions {
  readonly access: Access;
  /** Answers a request that may not pass, in the service's own form; `WWW-Authenticate` (RFC 6750) is set already. */
  deny(denial: Denial, request: FastifyRequest, reply: FastifyReply): unknown;
  /** Routes that are not ours (of a plugin) and what they need, by the beginning of their URL. */
  readonly others?: Readonly<Record<string, Need>>;
}

const PRINCIPAL = Symbol('principal');

/** To be called before any route is registered. Throws, when a route is registered, where it says no need. */
export function guardRoutes(app: FastifyInstance, { access, deny, others = {} }: GuardOptions): void {
  app.decorateRequest(PRINCIPAL as never, undefined as never);
  app.decorateRequest('principal', {
    getter(this: FastifyRequest): Principal {
      const principal = (this as unknown as Record<symbol, Principal | undefined>)[PRINCIPAL];
      if (principal === undefined) throw new Error(`${this.url} is open: it has no principal`);
      return principal;
    },
  } as never);

  app.addHook('onRoute', (route) => {
    if (route.config?.access !== undefined) return;
    const need = Object.entries(others).find(([prefix]) => route.url.startsWith(prefix))?.[1];
    if (need === undefined)
      throw new Error(`${String(route.method)} ${route.url} does not say what access it needs`);
    route.config = { ...route.config, access: need };
  });

  app.addHook('onRequest', async (request, reply) => {
    // A URL without a route is nobody's: its 404 tells nothing. Whoever has no token learns that first.
    const need = request.is404 ? 'any' : (request.routeOptions.config.access ?? 'any');
    if (need === 'open') return;
    if (!access.required && access.anyHost !== true && isRebound(request)) {
      metrics.requestsDenied.inc({ code: 403 });
      await deny({ status: 403, message: FOREIGN_NAME }, request, reply);
      return reply;
    }
    const { authorization } = request.headers;
    const who = access.authenticate(authorization);
    if (!who.ok) {
      metrics.requestsDenied.inc({ code: 401 });
      reply.header('www-authenticate', challenge(authorization === undefined ? undefined : 'invalid_token'));
      await deny({ status: 401, message: who.reason }, request, reply);
      return reply;
    }
    if (need !== 'any' && !who.principal.scopes.has(need)) {
      metrics.requestsDenied.inc({ code: 403 });
      reply.header('www-authenticate', challenge('insufficient_scope', need));
      await deny({ status: 403, message: `this token lacks the scope ${need}` }, request, reply);
      return reply;
    }
    (request as unknown as Record<symbol, Principal>)[PRINCIPAL] = who.principal;
  });
}

const FOREIGN_NAME =
  'without tokens requests by this name (Host) are refused, which a web page could send: ' +
  'use an address or localhost, make a token, or set ATI_TRUSTED_NETWORK=true';

/** Over TLS the certificate has shown the name already. */
const isRebound = ({ protocol, headers }: FastifyRequest) => protocol === 'http' && !isOwnHost(headers.host);

function challenge(error?: string, scope?: string): string {
  const parts = ['Bearer realm="ati"'];
  if (error !== undefined) parts.push(`error="${error}"`);
  if (scope !== undefined) parts.push(`scope="${scope}"`);
  return parts.join(', ');
}
