/** What every request passes: limits, headers, HTTPS. Tokens and tenants: test/tenants. */
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Access } from '#infra/access/access.ts';
import { startDatabase, type TestDatabase } from '../testing.ts';
import type { Api } from './deps.ts';
import { apiOver } from './testing.ts';

const tokens: Access = {
  required: true,
  authenticate(authorization) {
    const name = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1];
    if (name === undefined) return { ok: false, reason: 'a token is needed' };
    return { ok: true, principal: { name, tenant: 'one', scopes: new Set(['read']) } };
  },
};
const as = (name: string) => ({ authorization: `Bearer ${name}` });

let db: TestDatabase;
const apis: Api[] = [];
async function api(more: Parameters<typeof apiOver>[3] = {}): Promise<Api> {
  const made = await apiOver(db, undefined, undefined, more);
  apis.push(made);
  return made;
}

beforeAll(async () => {
  db = await startDatabase();
});
afterAll(async () => {
  await Promise.all(apis.map((each) => each.close()));
  await db?.stop();
});

describe('requests a minute', () => {
  const TOO_MANY = {
    error: {
      code: 'too_many_requests',
      message: 'more than 3 requests a minute (ATI_API_REQUESTS_PER_MINUTE)',
    },
  };

  test('of a token; another has its own; probes are always answered', async () => {
    const limited = await api({ access: tokens, requestsPerMinute: 3 });
    const ask = (name: string) => limited.inject({ url: '/v1/traces', headers: as(name) });
    for (let i = 0; i < 3; i++) expect((await ask('ann')).statusCode).toBe(200);
    const refused = await ask('ann');
    expect([refused.statusCode, refused.json()]).toEqual([429, TOO_MANY]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await ask('bob')).statusCode).toBe(200);
    for (const url of ['/live', '/ready', '/health'])
      for (let i = 0; i < 4; i++) expect((await limited.inject(url)).statusCode).toBe(200);
  });

  test('of an address without a token, guesses too', async () => {
    const open = await api({ requestsPerMinute: 3 });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await open.inject('/v1/traces')).statusCode);
    expect(statuses).toEqual([200, 200, 200, 429]);

    const closed = await api({ access: tokens, requestsPerMinute: 3 });
    const guesses = [];
    for (let i = 0; i < 4; i++)
      guesses.push((await closed.inject({ url: '/v1/traces', headers: { authorization: 'x' } })).statusCode);
    expect(guesses).toEqual([401, 401, 401, 429]);
    // Who has a token is not kept out by who guesses beside it.
    expect((await closed.inject({ url: '/v1/traces', headers: as('ann') })).statusCode).toBe(200);
  });

  test('0: no limit', async () => {
    const free = await api();
    for (let i = 0; i < 10; i++)
      expect((await free.inject('/v1/traces')).headers).not.toHaveProperty('retry-after');
  });
});

describe('sizes', () => {
  test.each([
    ['/v1/sql', { query: 'SELECT 1', more: 'x'.repeat(129 << 10) }, 413],
    ['/v1/sql', { query: `SELECT '${'x'.repeat(20_000)}'` }, 400],
    [`/v1/incidents/${'a'.repeat(32)}/mute`, { by: 'ann', note: 'x'.repeat(17 << 10) }, 413],
  ])('a body: %s', async (url, payload, status) => {
    const answer = await (await api()).inject({ method: 'POST', url, payload });
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, 'bad_request']);
  });

  test.each([
    ['a cursor', `/v1/traces?cursor=${'x'.repeat(501)}`, 400, /^cursor: /],
    ['a name', `/v1/traces?agent=${'x'.repeat(1_001)}`, 400, /^agent: /],
    ['a part of the path', `/v1/traces/${'a'.repeat(301)}`, 414, /^a part of the path is too long$/],
    ['an id', `/v1/traces/${'a'.repeat(300)}`, 400, /^id: /],
  ])('%s', async (_what, url, status, message) => {
    const answer = await (await api()).inject(url);
    expect([answer.statusCode, answer.json().error]).toEqual([
      status,
      { code: 'bad_request', message: expect.stringMatching(message) },
    ]);
  });

  test('SQL of 20,000 characters is taken', async () => {
    const query = `SELECT '${'x'.repeat(20_000 - "SELECT ''".length)}'`;
    expect(query.length).toBe(20_000);
    const answer = await (await api()).inject({ method: 'POST', url: '/v1/sql', payload: { query } });
    expect(answer.statusCode).toBe(200);
  });

  test('a URL or a head that is too long', async () => {
    const made = await api();
    await made.listen({ host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${(made.server.address() as AddressInfo).port}`;
    expect((await fetch(`${url}/v1/traces?agent=${'x'.repeat(20_000)}`)).status).toBe(431);
    expect((await fetch(`${url}/live`, { headers: { big: 'x'.repeat(20_000) } })).status).toBe(431);
    expect((await fetch(`${url}/v1/traces?agent=${'x'.repeat(1001)}`)).status).toBe(400);
  });
});

describe('headers', () => {
  test.each(['/v1/traces', '/v1/nothing', '/metrics'])('%s stays in no cache', async (url) => {
    expect((await (await api()).inject(url)).headers['cache-control']).toBe('no-store');
  });

  test.each([
    ['/docs', 200],
    ['/v1/traces', 401],
    ['/v1/nothing', 401],
    ['/', 200],
  ])('%s tells a browser to trust nothing else, and nobody what we are made of', async (url, status) => {
    const { statusCode, headers } = await (await api({ access: tokens })).inject({
      url,
      headers: { origin: 'https://elsewhere.example' },
    });
    expect(statusCode).toBe(status);
    expect(headers['content-security-policy']).toMatch(
      /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/,
    );
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    for (const name of ['server', 'x-powered-by', 'access-control-allow-origin', 'strict-transport-security'])
      expect(headers).not.toHaveProperty(name);
  });

  test('the page of /docs has no inline script', async () => {
    const { body } = await (await api()).inject('/docs');
    expect(body).toMatch(/<script src=/);
    expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=/);
  });
});

test('OpenAPI says which routes need a token, and which scope', async () => {
  const { paths, components } = (await (await api()).inject('/docs/json')).json();
  expect(components.securitySchemes.token).toMatchObject({ type: 'http', scheme: 'bearer' });
  expect(paths['/v1/traces'].get).toMatchObject({
    security: [{ token: [] }],
    description: expect.stringContaining('scope `read`'),
  });
  expect(paths['/v1/incidents/{id}/{action}'].post.description).toContain('scope `operate`');
  expect(paths['/subjects'].get.security).toEqual([]);
});
