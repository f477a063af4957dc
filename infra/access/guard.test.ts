import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { type Access, OPEN_ACCESS, type Principal, type Scope } from './access.ts';
import { guardRoutes } from './guard.ts';

const principal = (tenant: string, ...scopes: Scope[]): Principal => ({
  name: tenant,
  tenant,
  scopes: new Set(scopes),
});
const KNOWN: Record<string, Principal> = {
  'Bearer r': principal('a', 'read'),
  'Bearer i': principal('b', 'ingest'),
};
const tokens: Access = {
  required: true,
  authenticate(authorization) {
    const known = KNOWN[authorization ?? ''];
    return known ? { ok: true, principal: known } : { ok: false, reason: 'a token is needed' };
  },
};

function service(access: Access) {
  const app = Fastify();
  guardRoutes(app, {
    access,
    deny: ({ status, message }, _request, reply) => reply.code(status).send({ message }),
  });
  app.get('/open', { config: { access: 'open' } }, async () => 'open');
  app.get('/any', { config: { access: 'any' } }, async ({ principal: { tenant } }) => tenant);
  app.get('/read', { config: { access: 'read' } }, async ({ principal: { tenant } }) => tenant);
  app.get('/bug', { config: { access: 'open' } }, async (request) => request.principal.tenant);
  return app;
}

test.each([
  ['/open', undefined, 200, 'open'],
  ['/any', undefined, 401, '{"message":"a token is needed"}'],
  ['/any', 'Bearer x', 401, '{"message":"a token is needed"}'],
  ['/any', 'Bearer i', 200, 'b'],
  ['/read', 'Bearer i', 403, '{"message":"this token lacks the scope read"}'],
  ['/read', 'Bearer r', 200, 'a'],
  ['/none', undefined, 401, '{"message":"a token is needed"}'],
  ['/none', 'Bearer i', 404, undefined],
] as const)('%s with %s: %i', async (url, authorization, status, body) => {
  const answer = await service(tokens).inject({ url, headers: authorization ? { authorization } : {} });
  expect(answer.statusCode).toBe(status);
  if (body !== undefined) expect(answer.body).toBe(body);
});

test('the challenge says what is missing', async () => {
  const ask = async (authorization?: string) => {
    const { headers } = await service(tokens).inject({
      url: '/read',
      headers: authorization ? { authorization } : {},
    });
    return headers['www-authenticate'];
  };
  expect(await ask()).toBe('Bearer realm="ati"');
  expect(await ask('Bearer x')).toBe('Bearer realm="ati", error="invalid_token"');
  expect(await ask('Bearer i')).toBe('Bearer realm="ati", error="insufficient_scope", scope="read"');
  expect(await ask('Bearer r')).toBeUndefined();
});

test('principals of two requests at once do not mix', async () => {
  const app = service(tokens);
  const asked = Array.from({ length: 20 }, (_, i) =>
    app.inject({ url: '/any', headers: { authorization: i % 2 === 0 ? 'Bearer r' : 'Bearer i' } }),
  );
  expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(
    asked.map((_, i) => (i % 2 === 0 ? 'a' : 'b')),
  );
});

test('without tokens everybody is the default tenant', async () => {
  expect((await service(OPEN_ACCESS).inject('/read')).body).toBe('default');
});

test('without tokens a name that a web page may have is refused; an open route has nothing to read', async () => {
  const ask = async (access: Access, url: string, host: string, headers = {}) =>
    (await service(access).inject({ url, headers: { host, ...headers } })).statusCode;
  for (const host of ['localhost:8001', '127.0.0.1:8001', '[::1]:8001', 'api:8001'])
    expect(await ask(OPEN_ACCESS, '/read', host)).toBe(200);
  for (const url of ['/read', '/any', '/none'])
    expect(await ask(OPEN_ACCESS, url, 'evil.example:8001')).toBe(403);
  // What a proxy would say is not asked, and nothing that a page can say makes up for it.
  expect(await ask(OPEN_ACCESS, '/read', 'evil.example', { 'x-forwarded-host': 'localhost' })).toBe(403);
  expect(await ask(OPEN_ACCESS, '/open', 'evil.example')).toBe(200);
  expect(await ask({ ...OPEN_ACCESS, anyHost: true }, '/read', 'ati.example')).toBe(200);
  expect(await ask(tokens, '/read', 'ati.example', { authorization: 'Bearer r' })).toBe(200);
});

test('a route that does not say what it needs cannot be registered; whoever is asked on an open one is a bug', async () => {
  expect(() => service(tokens).get('/new', async () => 'x')).toThrow(
    'GET /new does not say what access it needs',
  );
  expect((await service(tokens).inject('/bug')).statusCode).toBe(500);
});
