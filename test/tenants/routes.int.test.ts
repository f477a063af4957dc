/** Every route of the query API, from its own table of routes: no tenant sees anything of another. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '#infra/clickhouse/migrate.ts';
import type { OperatorAction } from '#schemas/events.ts';
import { type SignalOwner, signalKey } from '#schemas/signal-key.ts';
import type { Api } from '../../sinks/api/deps.ts';
import { apiOver } from '../../sinks/api/testing.ts';
import { MIGRATIONS } from '../../sinks/database.ts';
import { startDatabase, type TestDatabase } from '../../sinks/testing.ts';
import { TOKENS, token } from './access.ts';
import { canaryOf, INCIDENT, storeOf } from './data.ts';
import { type Ask, SPECS } from './specs.ts';

/** Two with data under the same ids, one without any. */
const [ALPHA, BETA, NOBODY] = ['alpha', 'beta', 'nobody'];

interface Route {
  readonly method: string;
  readonly url: string;
  readonly access: string | undefined;
}

let db: TestDatabase;
let api: Api;
/** Of an installation that has stored nothing at all. */
let empty: Api;
const routes: Route[] = [];
const written: { readonly key: string; readonly action: OperatorAction }[] = [];

const operators = {
  write: async (owner: SignalOwner, action: OperatorAction) => {
    written.push({ key: signalKey(owner), action });
  },
};
const nameOf = ({ method, url }: Route) => `${method} ${url.startsWith('/docs') ? '/docs' : url}`;

beforeAll(async () => {
  db = await startDatabase();
  await storeOf(db, ALPHA);
  await storeOf(db, BETA);
  await migrate(db.clickhouse, MIGRATIONS, { database: 'ati_empty', ttlDays: 36_500 });
  const onRoute = (route: { method: string | string[]; url: string; config?: { access?: string } }) => {
    for (const method of [route.method].flat())
      routes.push({ method, url: route.url, access: route.config?.access });
  };
  api = await apiOver(db, undefined, operators, { access: TOKENS, onRoute });
  empty = await apiOver({ ...db, database: 'ati_empty' }, undefined, operators, { access: TOKENS });
});
afterAll(async () => {
  await api?.close();
  await empty?.close();
  await db?.stop();
});

async function ask(of: Api, { url, payload }: Ask, headers: Record<string, string> = {}, method?: string) {
  const verb = (method ?? (payload === undefined ? 'GET' : 'POST')) as 'GET';
  const response = await of.inject({ method: verb, url, headers, ...(payload && { payload }) });
  const { date, ...rest } = response.headers;
  return { status: response.statusCode, headers: rest, body: response.body };
}

const DATA = Object.entries(SPECS).flatMap(([name, spec]) =>
  spec.kind === 'data'
    ? spec.ask.map((each) => ({ name, each, title: `${each.url} ${JSON.stringify(each.payload ?? '')}` }))
    : [],
);
const PUBLIC = Object.entries(SPECS).flatMap(([name, spec]) =>
  spec.kind === 'public' ? [{ name, url: spec.url }] : [],
);
const everything = (tenant: string) => token(tenant, 'ingest', 'read', 'operate');

describe('the table of routes', () => {
  test('every route has a spec, and every spec a route', () => {
    const known = new Set(routes.filter(({ method }) => method !== 'HEAD').map(nameOf));
    expect(known.size).toBeGreaterThan(20);
    const untested = [...known].filter((name) => !(name in SPECS));
    expect(
      untested,
      'a new route: say in test/tenants/specs.ts how to ask it, so that no tenant sees what another has stored',
    ).toEqual([]);
    expect(Object.keys(SPECS).filter((name) => !known.has(name))).toEqual([]);
  });

  test('what gives or changes data needs read or operate; what is public is open', () => {
    for (const route of routes) {
      const spec = SPECS[nameOf({ ...route, method: route.method === 'HEAD' ? 'GET' : route.method })];
      const needed = spec?.kind === 'public' ? ['open'] : ['read', 'operate', 'any'];
      expect([nameOf(route), needed]).toEqual([nameOf(route), expect.arrayContaining([route.access])]);
      if (spec?.kind === 'data') expect(route.access).not.toBe('any');
    }
  });
});

describe.each(DATA)('$title', ({ name, each }) => {
  const scope = name.startsWith('POST /v1/incidents') ? 'operate' : 'read';

  test('its owner sees it, and nothing of another tenant with the same ids', async () => {
    for (const [mine, other] of [
      [ALPHA, BETA],
      [BETA, ALPHA],
    ]) {
      const { status, body } = await ask(api, each, token(mine, scope));
      expect([status, body]).toEqual([expect.toBeOneOf([200, 202, 400, 409]), expect.any(String)]);
      expect(body).toMatch(each.shows ?? canaryOf(mine));
      expect(body).not.toContain(canaryOf(other));
      expect(body).not.toMatch(new RegExp(`\\b${other}\\b`));
    }
  });

  test('to a tenant without data the answer is that of an installation without any, to the byte', async () => {
    const asked = await ask(api, each, token(NOBODY, scope));
    const nothing = await ask(empty, each, token(NOBODY, scope));
    // A view's comment is a digest, of the database's name too.
    const neutral = (text: string) =>
      text.replaceAll('ati_empty', db.database).replace(/COMMENT '[0-9a-f]+'/, '');
    expect({ ...asked, body: neutral(asked.body) }).toEqual({
      ...nothing,
      headers: expect.anything(),
      body: neutral(nothing.body),
    });
    expect(Object.keys(asked.headers).sort()).toEqual(Object.keys(nothing.headers).sort());
    expect(asked.headers['cache-control']).toBe('no-store');
  });

  test('without a token 401, with one of another scope 403: the same whatever is there', async () => {
    const before = written.length;
    const none = await ask(api, each);
    expect([none.status, JSON.parse(none.body).error.code]).toEqual([401, 'unauthorized']);
    const scopes = scope === 'read' ? (['ingest'] as const) : (['ingest', 'read'] as const);
    const wrong = await ask(api, each, token(ALPHA, ...scopes));
    expect([wrong.status, JSON.parse(wrong.body)]).toEqual([
      403,
      { error: { code: 'forbidden', message: `this token lacks the scope ${scope}` } },
    ]);
    expect(await ask(empty, each, token(ALPHA, ...scopes))).toEqual(wrong);
    expect(written.length).toBe(before);
  });
});

test.each(PUBLIC)('$name is the same for everybody', async ({ url }) => {
  const open = await ask(api, { url });
  expect(open.status).toBe(200);
  for (const tenant of [ALPHA, BETA]) {
    const { status, body } = await ask(api, { url }, everything(tenant));
    expect([status, body]).toEqual([200, open.body]);
    expect(body).not.toMatch(/canary/);
  }
});

test('/metrics needs a token, any, and names no tenant’s data', async () => {
  expect((await ask(api, { url: '/metrics' })).status).toBe(401);
  const { status, body } = await ask(api, { url: '/metrics' }, token(ALPHA, 'ingest'));
  expect(status).toBe(200);
  expect(body).not.toMatch(/canary/);
});

describe('operators', () => {
  test('an action bears its tenant, in the record and in its key', () => {
    expect(written.length).toBeGreaterThan(0);
    for (const { key, action } of written) {
      expect(key.startsWith(`${action.tenant}\0${canaryOf(action.tenant)}\0`)).toBe(true);
    }
    expect(new Set(written.map(({ action }) => action.tenant))).toEqual(new Set([ALPHA, BETA]));
  });

  test('an incident of another tenant alone is like one that nobody has', async () => {
    const payload = { by: 'ann' };
    const known = await ask(
      api,
      { url: `/v1/incidents/${INCIDENT}/acknowledge`, payload },
      token(NOBODY, 'operate'),
    );
    const unknown = 'f'.repeat(32);
    const none = await ask(
      api,
      { url: `/v1/incidents/${unknown}/acknowledge`, payload },
      token(NOBODY, 'operate'),
    );
    expect({ ...known, body: known.body.replaceAll(INCIDENT, unknown) }).toEqual(none);
    expect(known.status).toBe(404);
  });
});
