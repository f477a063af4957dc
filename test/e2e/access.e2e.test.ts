/** Whole installations with tokens, one of them with TLS: who gets in, what each sees, and what nobody ever sees. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '#infra/access/access.ts';
import { createToken, revokeToken } from '#infra/access/store.ts';
import { urlOf } from '#infra/endpoints.ts';
import { isFree } from '#infra/ports.ts';
import { portOf, type ServiceName } from '#infra/stack/services.ts';
import { certificateOf, newAuthority, type Pem, writePem } from '#infra/testing/certificates.ts';
import type { OtlpTraces } from '#schemas/otlp/write.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually } from '../support/otlp-client.ts';
import { Program } from '../support/program.ts';
import { Sender } from '../support/sender.ts';
import { exportOf, retryTrace } from '../support/workload.ts';

const PASSWORD = 'canary-password-0123456789';
const SALT = 'canary-salt-0123456789';
const WRONG = `ati_${'canaryWrong'.repeat(4).slice(0, 43)}`;
/** Both tenants send traces of these names, and so of the same ids. */
const [ONE, TWO] = ['one', 'two'].map((name) => retryTrace(name, Date.now() - 5_000));

let directory: string;
let file: string;
let installation: Installation;
let sender: Sender;
const tokens = new Map<string, string>();
const token = (name: string) => tokens.get(name) as string;

async function newToken(name: string, tenant: string, ...scopes: Scope[]): Promise<void> {
  const made = await createToken(file, { name, tenant, scopes }, new Date());
  if (!made.ok) throw new Error(made.reason);
  tokens.set(name, made.value);
}

/** ATI's services, without the agents, the embedded broker and the engine. */
const SERVICES: readonly ServiceName[] = ['ingest', 'api', 'processor', 'sink'];
const doorOf = (name: ServiceName) => {
  const service = installation.stack.services.find((each) => each.name === name);
  if (service === undefined) throw new Error(`no ${name}`);
  return urlOf(installation.config, portOf(service, installation.config));
};

/** A tenant's export: names of its own, the ids of both. */
function exportFrom(tenant: string, { spans }: typeof ONE): OtlpTraces {
  const key = 'gen_ai.agent.name';
  const own = spans.map((span) => {
    const attributes = (span.attributes ?? {}) as Record<string, string>;
    return {
      ...span,
      attributes: { ...attributes, ...(key in attributes && { [key]: `${tenant}-${attributes[key]}` }) },
    };
  });
  return exportOf(own, `${tenant}-service`);
}

async function answer<T>(url: string, name: string, body?: object): Promise<T> {
  const { status, text } = await sender.ask(url, { token: token(name), ...(body && { body }) });
  expect([status, text]).toEqual([200, text]);
  return JSON.parse(text) as T;
}
const sql = async (name: string, query: string) =>
  (await answer<{ data: object[] }>(`${installation.apiUrl}/v1/sql`, name, { query })).data;

async function command(program: string, args: readonly string[], bearer: string) {
  const env = { ...installation.env, ATI_TOKEN: bearer, NO_COLOR: '1' };
  const run = new Program(`sinks/${program}/main.ts`, args, env);
  const code = await run.exit();
  sender.heard.push(run.screen);
  return { code, screen: run.screen };
}

/** Log lines, command lines of the processes, metrics, and every answer that anybody was given. */
async function everythingSeen(): Promise<string> {
  const seen = [...sender.heard];
  const logs = path.join(installation.config.ATI_DATA_DIR, 'logs');
  for (const name of await readdir(logs)) seen.push(await readFile(path.join(logs, name), 'utf8'));
  for (const { name } of installation.stack.services)
    seen.push(await readFile(`/proc/${installation.stack.pid(name)}/cmdline`, 'utf8'));
  for (const name of SERVICES) {
    const metrics = await sender.ask(`${doorOf(name)}/metrics`, { token: token('acme-analyst') });
    expect(metrics.text).toContain('# TYPE ');
    seen.push(metrics.text);
  }
  return seen.join('\n');
}

function expectNoSecret(seen: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10);
    expect(seen).not.toContain(secret);
    expect(seen).not.toContain(encodeURIComponent(secret));
    expect(seen).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
}

async function prepare(): Promise<void> {
  directory = await mkdtemp(path.join(tmpdir(), 'ati-access-'));
  file = path.join(directory, 'tokens.json');
  await newToken('agents', 'mesh', 'ingest');
  for (const tenant of ['acme', 'globex']) {
    await newToken(`${tenant}-agent`, tenant, 'ingest');
    await newToken(`${tenant}-analyst`, tenant, 'read');
    await newToken(`${tenant}-operator`, tenant, 'read', 'operate');
  }
}
async function end(): Promise<void> {
  await installation?.stop();
  await installation?.remove();
  await rm(directory, { recursive: true, force: true });
}

describe('tokens, on every address of the machine', () => {
  beforeAll(async () => {
    await prepare();
    sender = new Sender();
    installation = await startInstallation({
      agents: true,
      env: {
        ATI_HOST: '0.0.0.0',
        ATI_TOKENS_FILE: file,
        ATI_TOKEN: token('agents'),
        CLICKHOUSE_PASSWORD: PASSWORD,
      },
    });
  });
  afterAll(end);

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
      const door = doorOf(name);
      for (const probe of ['/live', '/ready']) expect((await sender.ask(door + probe)).status).toBe(200);
      expect([name, (await sender.ask(`${door}/metrics`)).status]).toEqual([name, 401]);
      expect((await sender.ask(`${door}/metrics`, { token: WRONG })).status).toBe(401);
    }
    const { ingestUrl, apiUrl } = installation;
    for (const signal of ['traces', 'metrics', 'logs']) {
      const body = new Uint8Array();
      expect((await sender.ask(`${ingestUrl}/v1/${signal}`, { body })).status).toBe(401);
      const wrongScope = { body, token: token('acme-analyst') };
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
      expect((await sender.ask(url, { token: token('acme-agent'), ...(body && { body }) })).status).toBe(403);
    }
  });

  test('two tenants send the same trace ids: each reads, hears, queries and acts on its own alone', async () => {
    const { apiUrl, ingestUrl } = installation;
    const stream = await sender.follow(`${apiUrl}/v1/incidents/stream`, token('acme-analyst'));
    const foreign = await sender.follow(`${apiUrl}/v1/incidents/stream`, token('globex-analyst'));
    for (const tenant of ['acme', 'globex'])
      expect((await sender.export(ingestUrl, token(`${tenant}-agent`), exportFrom(tenant, ONE))).status).toBe(
        200,
      );
    // One of a single tenant, for the other to find nothing at.
    expect((await sender.export(ingestUrl, token('acme-agent'), exportFrom('acme', TWO))).status).toBe(200);

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
        const said = await sender.ask(`${apiUrl}/v1/traces/${ONE.traceId}`, { token: token(analyst) });
        const whole = said.status === 200 && (JSON.parse(said.text) as Trace).summary?.spanCount;
        return whole === ONE.spans.length && said.text;
      });
      expect(text).toContain(`${tenant}-`);
      expect(text).not.toContain(`${other}-`);
      const incident = await eventually(`${tenant}'s incident`, async () => {
        const found = await answer<Incidents>(`${apiUrl}/v1/incidents?kind=retry_storm`, analyst);
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
    const absent = await sender.ask(`${apiUrl}/v1/traces/${TWO.traceId}`, { token: token('globex-analyst') });
    expect(absent.status).toBe(404);

    const id = ids.get('acme') as string;
    const ack = (name: string) =>
      sender.ask(`${apiUrl}/v1/incidents/${id}/acknowledge`, { token: token(name), body: { by: 'ann' } });
    expect((await ack('acme-analyst')).status).toBe(403);
    expect((await ack('globex-operator')).status).toBe(404);

    // The same by commands.
    const explained = await command('explain', [ONE.traceId], token('acme-analyst'));
    expect([explained.code, explained.screen]).toEqual([0, expect.stringContaining('acme-planner')]);
    const why = await command('why', ['--slow', 'p50'], token('acme-analyst'));
    expect(why.screen).not.toContain('token');
    const none = await command('explain', ['--no-wait', TWO.traceId], token('globex-analyst'));
    expect([none.code, none.screen]).toEqual([1, expect.stringContaining(`no trace ${TWO.traceId}`)]);
    const args = ['ack', id.slice(0, 12), '--by', 'ann'];
    const done = await command('incidents', args, token('acme-operator'));
    expect([done.code, done.screen]).toEqual([0, expect.stringContaining('acknowledged by ann')]);
    const list = async (...more: string[]) =>
      (await command('incidents', ['--json', ...more], token('acme-analyst'))).screen;
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
      ['explain', [ONE.traceId], WRONG, invalid],
      ['why', [], token('acme-agent'), 'the token in ATI_TOKEN lacks the scope read'],
    ] as const;
    const said = await Promise.all(cases.map(([program, args, bearer]) => command(program, args, bearer)));
    for (const [i, { code, screen }] of said.entries()) {
      const [program, , , why] = cases[i];
      expect([program, code, screen]).toEqual([
        program,
        1,
        expect.stringContaining(`${why}: ${make('read')}`),
      ]);
    }
  });

  test('the agents send their own with ATI_TOKEN', async () => {
    await newToken('mesh-analyst', 'mesh', 'read');
    const { text } = await sender.ask(
      `${installation.agentUrl}/run?scenario=retry&fanout=4&delay_ms=5&seed=3`,
    );
    const { traceId } = JSON.parse(text) as { traceId: string };
    await eventually('their trace', async () => {
      const said = await sender.ask(`${installation.apiUrl}/v1/traces/${traceId}`, {
        token: token('mesh-analyst'),
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
    const seen = await everythingSeen();
    for (const marker of [
      'request refused',
      'ati_requests_denied_total',
      'infra/clickhouse/embedded/main.ts',
    ])
      expect(seen).toContain(marker);
    expectNoSecret(seen, [...tokens.values(), WRONG, PASSWORD, ...made]);
  });

  test('a token that is revoked is refused within seconds, and its stream is cut', async () => {
    const url = `${installation.apiUrl}/v1/traces`;
    const pid = installation.stack.pid('api');
    const stream = await sender.follow(
      `${url.replace('traces', 'incidents')}/stream`,
      token('globex-analyst'),
    );
    const ask = async () => (await sender.ask(url, { token: token('globex-analyst') })).status;
    expect(await ask()).toBe(200);
    expect((await revokeToken(file, 'globex-analyst')).ok).toBe(true);
    await eventually('the refusal', async () => (await ask()) === 401);
    await eventually('the end of its stream', async () => stream.text().includes('event: cut') || undefined);
    expect((await revokeToken(file, 'globex-agent')).ok).toBe(true);
    await eventually('the refusal of the ingest', async () => {
      const said = await sender.export(
        installation.ingestUrl,
        token('globex-agent'),
        exportFrom('globex', ONE),
      );
      return said.status === 401;
    });
    expect((await sender.ask(url, { token: token('acme-analyst') })).status).toBe(200);
    expect(installation.stack.pid('api')).toBe(pid);
  });
});

describe('tokens and TLS', () => {
  let authority: Pem;
  let pem: Pem;
  afterEach(end);

  test('agents, commands and clients by HTTPS, and by nothing else', async () => {
    await prepare();
    authority = await newAuthority();
    pem = await certificateOf(authority, 'ati');
    const { cert, key } = await writePem(directory, 'ati', pem);
    const ca = (await writePem(directory, 'authority', authority)).cert;
    sender = new Sender(authority.cert);
    installation = await startInstallation({
      agents: true,
      env: {
        ATI_TOKENS_FILE: file,
        ATI_TOKEN: token('acme-agent'),
        ATI_TLS_CERT: cert,
        ATI_TLS_KEY: key,
        ATI_SALT: SALT,
        NODE_EXTRA_CA_CERTS: ca,
      },
    });
    const { ingestUrl, apiUrl, agentUrl } = installation;
    expect([ingestUrl, apiUrl].every((url) => url.startsWith('https://127.0.0.1:'))).toBe(true);
    for (const name of SERVICES) {
      expect((await sender.ask(`${doorOf(name)}/live`)).status).toBe(200);
      await expect(new Sender().ask(`${doorOf(name)}/live`)).rejects.toThrow(/certificate/);
      // Plain HTTP gets no answer of ours.
      const plain = await new Sender().ask(`${doorOf(name).replace('https', 'http')}/live`).then(
        ({ status }) => status,
        () => 0,
      );
      expect(plain).not.toBe(200);
    }
    const { text } = await sender.ask(`${agentUrl}/run?scenario=retry&fanout=4&delay_ms=5&seed=3`);
    const { traceId } = JSON.parse(text) as { traceId: string };
    expect((await sender.export(ingestUrl, undefined, exportFrom('acme', ONE))).status).toBe(401);
    expect((await sender.export(ingestUrl, token('globex-agent'), exportFrom('globex', ONE))).status).toBe(
      200,
    );
    const stream = await sender.follow(`${apiUrl}/v1/incidents/stream`, token('globex-analyst'));
    const ask = async (name: string, id: string) =>
      (await sender.ask(`${apiUrl}/v1/traces/${id}`, { token: token(name) })).status;
    await eventually('the trace of the agents', async () => (await ask('acme-analyst', traceId)) === 200);
    await eventually('the trace sent', async () => (await ask('globex-analyst', ONE.traceId)) === 200);
    expect(await ask('globex-analyst', traceId)).toBe(404);
    expect(await ask('acme-analyst', ONE.traceId)).toBe(404);
    expect(stream.text()).toContain(': connected');
    stream.end();
    const explained = await command('explain', [traceId], token('acme-analyst'));
    expect(explained).toMatchObject({ code: 0 });
    const seen = await everythingSeen();
    expectNoSecret(seen, [...tokens.values(), SALT, pem.key.slice(100, 140)]);
  });
});
