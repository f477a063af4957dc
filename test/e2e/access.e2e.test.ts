/** A whole installation with tokens: who gets in, what each tenant sees, and what nobody ever sees. */
import { readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { revokeToken } from '#infra/access/store.ts';
import { isFree } from '#infra/ports.ts';
import { portOf } from '#infra/stack/services.ts';
import { expectNoSecret, exportFrom, Guarded, SERVICES, Tokens, WRONG_TOKEN } from '../support/guarded.ts';
import type { Installation } from '../support/installation.ts';
import { eventually } from '../support/otlp-client.ts';
import { Sender } from '../support/sender.ts';
import { retryTrace } from '../support/workload.ts';

const PASSWORD = 'canary-password-0123456789';
/** Both tenants send traces of these names, and so of the same ids. */
const [ONE, TWO] = ['one', 'two'].map((name) => retryTrace(name, Date.now() - 5_000));

let guarded: Guarded;
let tokens: Tokens;
let installation: Installation;
let sender: Sender;

const sql = async (name: string, query: string) =>
  (await guarded.answer<{ data: object[] }>('/v1/sql', name, { query })).data;

beforeAll(async () => {
  tokens = await Tokens.make();
  // On every address of the machine.
  const env = { ATI_HOST: '0.0.0.0', CLICKHOUSE_PASSWORD: PASSWORD };
  guarded = await Guarded.start(tokens, new Sender(), 'agents', env);
  ({ installation, sender } = guarded);
});
afterAll(() => guarded?.end());

test('the embedded broker and engine, and the agents, which ask for no token, are on loopback alone', async () => {
  const { config } = installation;
  const elsewhere = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  const other = elsewhere ?? '127.0.0.2';
  for (const port of [config.ATI_INGEST_PORT, config.ATI_API_PORT])
    expect((await sender.ask(`http://${other}:${port}/live`)).status).toBe(200);
  for (const { name } of installation.stack.services.filter((each) => !SERVICES.includes(each.name))) {
    const service = installation.stack.services.find((each) => each.name === name)!;
    // Nobody listens there: the port is free on that address, and taken on this one.
    expect([name, await isFree(portOf(service, config), other)]).toEqual([name, true]);
    expect([name, await isFree(portOf(service, config), '127.0.0.1')]).toEqual([name, false]);
  }
});

test('nobody gets in without a token, at any door; one without the scope neither', async () => {
  for (const name of SERVICES) {
    const door = guarded.doorOf(name);
    for (const probe of ['/live', '/ready']) expect((await sender.ask(door + probe)).status).toBe(200);
    expect([name, (await sender.ask(`${door}/metrics`)).status]).toEqual([name, 401]);
    expect((await sender.ask(`${door}/metrics`, { token: WRONG_TOKEN })).status).toBe(401);
  }
  const { ingestUrl, apiUrl } = installation;
  for (const signal of ['traces', 'metrics', 'logs']) {
    const body = new Uint8Array();
    expect((await sender.ask(`${ingestUrl}/v1/${signal}`, { body })).status).toBe(401);
    const wrongScope = { body, token: tokens.of('acme-analyst') };
    expect((await sender.ask(`${ingestUrl}/v1/${signal}`, wrongScope)).status).toBe(403);
  }
  for (const [route, body] of [
    ['/v1/traces', undefined],
    ['/v1/incidents', undefined],
    ['/v1/incidents/stream', undefined],
    ['/v1/sql', { query: 'SELECT 1' }],
    [`/v1/incidents/${'a'.repeat(32)}/acknowledge`, { by: 'ann' }],
  ] as const) {
    const url = `${apiUrl}${route}`;
    const refused = await sender.ask(url, { ...(body && { body }) });
    expect([route, refused.status, refused.headers['www-authenticate']]).toEqual([
      route,
      401,
      'Bearer realm="ati"',
    ]);
    expect((await sender.ask(url, { token: tokens.of('acme-agent'), ...(body && { body }) })).status).toBe(
      403,
    );
  }
});

test('two tenants send the same trace ids: each reads, hears, queries and acts on its own alone', async () => {
  const { apiUrl, ingestUrl } = installation;
  const stream = await sender.follow(`${apiUrl}/v1/incidents/stream`, tokens.of('acme-analyst'));
  const foreign = await sender.follow(`${apiUrl}/v1/incidents/stream`, tokens.of('globex-analyst'));
  for (const tenant of ['acme', 'globex'])
    expect(
      (await sender.export(ingestUrl, tokens.of(`${tenant}-agent`), exportFrom(tenant, ONE))).status,
    ).toBe(200);
  // One of a single tenant, for the other to find nothing at.
  expect((await sender.export(ingestUrl, tokens.of('acme-agent'), exportFrom('acme', TWO))).status).toBe(200);

  interface Trace {
    readonly summary: { readonly spanCount: number } | null;
  }
  interface Incidents {
    readonly incidents: readonly { readonly incidentId: string; readonly agent: string }[];
  }
  const ids = new Map<string, string>();
  for (const [tenant, other] of [
    ['acme', 'globex'],
    ['globex', 'acme'],
  ]) {
    const analyst = `${tenant}-analyst`;
    const text = await eventually(`${tenant}'s trace`, async () => {
      const said = await sender.ask(`${apiUrl}/v1/traces/${ONE.traceId}`, { token: tokens.of(analyst) });
      const whole = said.status === 200 && (JSON.parse(said.text) as Trace).summary?.spanCount;
      return whole === ONE.spans.length && said.text;
    });
    expect(text).toContain(`${tenant}-`);
    expect(text).not.toContain(`${other}-`);
    const incident = await eventually(`${tenant}'s incident`, async () => {
      const found = await guarded.answer<Incidents>('/v1/incidents?kind=retry_storm', analyst);
      return found.incidents[0];
    });
    expect(incident.agent).toContain(`${tenant}-`);
    ids.set(tenant, incident.incidentId);
    await eventually(`${tenant}'s rows`, async () => {
      const [row] = await sql(
        analyst,
        `SELECT count() AS spans, uniqExact(ServiceName) AS services FROM otel_traces WHERE TraceId = '${ONE.traceId}'`,
      );
      return JSON.stringify(row) === `{"spans":"${ONE.spans.length}","services":"1"}`;
    });
    const [{ names }] = (await sql(
      analyst,
      'SELECT groupUniqArray(ServiceName) AS names FROM otel_traces',
    )) as { names: string[] }[];
    expect(names).toEqual([`${tenant}-service`]);
  }
  expect(ids.get('acme')).not.toBe(ids.get('globex'));
  await eventually('both streams', async () =>
    [stream, foreign].every((each) => each.text().includes('"event":"opened"')),
  );
  expect(stream.text()).toContain('acme-');
  expect(stream.text()).not.toContain('globex-');
  expect(foreign.text()).toContain('globex-');
  expect(foreign.text()).not.toContain('acme-');
  stream.end();
  foreign.end();
  const absent = await sender.ask(`${apiUrl}/v1/traces/${TWO.traceId}`, {
    token: tokens.of('globex-analyst'),
  });
  expect(absent.status).toBe(404);

  const id = ids.get('acme') as string;
  const ack = (name: string) =>
    sender.ask(`${apiUrl}/v1/incidents/${id}/acknowledge`, { token: tokens.of(name), body: { by: 'ann' } });
  expect((await ack('acme-analyst')).status).toBe(403);
  expect((await ack('globex-operator')).status).toBe(404);

  // The same by commands.
  const explained = await guarded.command('explain', [ONE.traceId], tokens.of('acme-analyst'));
  expect([explained.code, explained.screen]).toEqual([0, expect.stringContaining('acme-planner')]);
  const why = await guarded.command('why', ['--slow', 'p50'], tokens.of('acme-analyst'));
  expect(why.screen).not.toContain('token');
  const none = await guarded.command('explain', ['--no-wait', TWO.traceId], tokens.of('globex-analyst'));
  expect([none.code, none.screen]).toEqual([1, expect.stringContaining(`no trace ${TWO.traceId}`)]);
  const args = ['ack', id.slice(0, 12), '--by', 'ann'];
  const done = await guarded.command('incidents', args, tokens.of('acme-operator'));
  expect([done.code, done.screen]).toEqual([0, expect.stringContaining('acknowledged by ann')]);
  const list = async (...more: string[]) =>
    (await guarded.command('incidents', ['--json', ...more], tokens.of('acme-analyst'))).screen;
  const [all, theirs] = await Promise.all([list(), list('--tenant', 'globex')]);
  // Kafka knows no tokens.
  for (const tenant of ['acme', 'globex']) expect(all).toContain(`"tenant":"${tenant}"`);
  expect(theirs).toContain('globex-caller');
  expect(theirs).not.toContain('acme-');
});

test('commands without the right token say what to do', async () => {
  const make = (scope: string) =>
    `set ATI_TOKEN to a token with the scope ${scope} (npm run tokens -- create NAME --scopes ${scope})`;
  const invalid = 'the token in ATI_TOKEN is not valid there';
  const cases = [
    ['explain', [ONE.traceId], '', 'it wants a token'],
    ['why', [], '', 'it wants a token'],
    ['incidents', ['ack', 'abc', '--by', 'ann'], '', 'it wants a token'],
    ['explain', [ONE.traceId], WRONG_TOKEN, invalid],
    ['why', [], tokens.of('acme-agent'), 'the token in ATI_TOKEN lacks the scope read'],
  ] as const;
  const said = await Promise.all(
    cases.map(([program, args, bearer]) => guarded.command(program, args, bearer)),
  );
  for (const [i, { code, screen }] of said.entries()) {
    const [program, , , why] = cases[i];
    expect([program, code, screen]).toEqual([program, 1, expect.stringContaining(`${why}: ${make('read')}`)]);
  }
});

test('the agents send their own with ATI_TOKEN', async () => {
  await tokens.add('mesh-analyst', 'mesh', 'read');
  const { text } = await sender.ask(`${installation.agentUrl}/run?scenario=retry&fanout=4&delay_ms=5&seed=3`);
  const { traceId } = JSON.parse(text) as { traceId: string };
  await eventually('their trace', async () => {
    const said = await sender.ask(`${installation.apiUrl}/v1/traces/${traceId}`, {
      token: tokens.of('mesh-analyst'),
    });
    return said.status === 200;
  });
});

test('no token, password or salt is in a log, a metric, an answer or the arguments of a process', async () => {
  const salts = path.join(installation.config.ATI_DATA_DIR, 'salts');
  const names = await readdir(salts);
  expect(names).toEqual(expect.arrayContaining(['acme', 'globex']));
  const made = await Promise.all(
    names.map(async (name) => (await readFile(path.join(salts, name), 'utf8')).trim()),
  );
  const seen = await guarded.everythingSeen();
  for (const marker of ['request refused', 'ati_requests_denied_total', 'infra/clickhouse/embedded/main.ts'])
    expect(seen).toContain(marker);
  expectNoSecret(seen, [...tokens.all.values(), WRONG_TOKEN, PASSWORD, ...made]);
});

test('a token that is revoked is refused within seconds, and its stream is cut', async () => {
  const url = `${installation.apiUrl}/v1/traces`;
  const pid = installation.stack.pid('api');
  const stream = await sender.follow(
    `${url.replace('traces', 'incidents')}/stream`,
    tokens.of('globex-analyst'),
  );
  const ask = async () => (await sender.ask(url, { token: tokens.of('globex-analyst') })).status;
  expect(await ask()).toBe(200);
  expect((await revokeToken(tokens.file, 'globex-analyst')).ok).toBe(true);
  await eventually('the refusal', async () => (await ask()) === 401);
  await eventually('the end of its stream', async () => stream.text().includes('event: cut') || undefined);
  expect((await revokeToken(tokens.file, 'globex-agent')).ok).toBe(true);
  await eventually('the refusal of the ingest', async () => {
    const said = await sender.export(
      installation.ingestUrl,
      tokens.of('globex-agent'),
      exportFrom('globex', ONE),
    );
    return said.status === 401;
  });
  expect((await sender.ask(url, { token: tokens.of('acme-analyst') })).status).toBe(200);
  expect(installation.stack.pid('api')).toBe(pid);
});
