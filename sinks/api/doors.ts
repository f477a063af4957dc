/** What every request of the API passes: headers for browsers, a token, a limit of requests. */
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from '#infra/access/access.ts';
import { guardRoutes } from '#infra/access/guard.ts';
import { ApiError, sendError } from './errors.ts';

export interface DoorOptions {
  readonly access: Access;
  /** Of a token, or of an address without one; 0: no limit. */
  readonly requestsPerMinute: number;
  /** Served over HTTPS. */
  readonly secure: boolean;
}

/**
 * Nothing but what the pages need: the API's own scripts and requests; Swagger UI writes styles into its page and has
 * images in its style sheet. No frame, no form, no other origin.
 */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** Probes must be answered however busy the API is. */
const PROBES: ReadonlySet<string> = new Set(['/live', '/ready', '/health']);

/** To be awaited before any route is registered. */
export async function registerDoors(app: FastifyInstance, options: DoorOptions): Promise<void> {
  const { access, requestsPerMinute, secure } = options;
  // First, so that refusals have them too.
  await app.register(helmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    strictTransportSecurity: secure,
    xFrameOptions: { action: 'deny' },
  });
  // What a token may read stays in no cache; documentation and schemas may.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || request.routeOptions.config.access !== 'open')
      reply.header('cache-control', 'no-store');
  });

  let exceeded: (request: FastifyRequest) => Promise<ApiError | undefined> = async () => undefined;
  guardRoutes(app, {
    access,
    async deny({ status, message }, request, reply) {
      // Whoever guesses is slowed down by its address.
      const tooMany = await exceeded(request);
      if (tooMany === undefined)
        return sendError(reply, {
          status,
          code: status === 401 ? 'unauthorized' : 'forbidden',
          message,
        });
      return sendError(reply, tooMany);
    },
    // Swagger UI: the API's description, which is the same for everybody.
    others: { '/docs': 'open' },
  });
  if (requestsPerMinute === 0) return;

  const limits = { max: requestsPerMinute, timeWindow: 60_000 };
  await app.register(rateLimit, {
    ...limits,
    // Runs after the guard: the hooks of a route come after those of the application.
    keyGenerator: (request) => keyOf(access, request),
    allowList: (request) => PROBES.has(request.routeOptions.url ?? ''),
    errorResponseBuilder: (_request, { ttl }) => tooManyRequests(requestsPerMinute, ttl),
  });
  const limiter = app.createRateLimit({ ...limits, keyGenerator: addressOf });
  exceeded = async (request) => {
    const limit = await limiter(request);
    return !limit.isAllowed && limit.isExceeded ? tooManyRequests(requestsPerMinute, limit.ttl) : undefined;
  };
}

const addressOf = (request: FastifyRequest) => `address ${request.ip}`;

function keyOf(access: Access, request: FastifyRequest): string {
  if (!access.required || request.routeOptions.config.access === 'open') return addressOf(request);
  const { tenant, name } = request.principal;
  return `token ${tenant} ${name}`;
}

function tooManyRequests(max: number, ttlMs: number): ApiError {
  const message = `more than ${max.toLocaleString('en')} requests a minute (ATI_API_REQUESTS_PER_MINUTE)`;
  return new ApiError(429, 'too_many_requests', message, Math.ceil(ttlMs / 1000));
}
