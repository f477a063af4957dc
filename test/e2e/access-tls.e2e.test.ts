/** A whole installation with tokens and TLS: its agents, commands and clients speak HTTPS. */
import { afterEach, expect, test } from 'vitest';
import { certificateOf, newAuthority, writePem } from '#infra/testing/certificates.ts';
import { expectNoSecret, exportFrom, Guarded, SERVICES, Tokens } from '../support/guarded.ts';
import { eventually } from '../support/otlp-client.ts';
import { Sender } from '../support/sender.ts';
import { retryTrace } from '../support/workload.ts';

const SALT = 'canary-salt-0123456789';
const TRACE = retryTrace('tls', Date.now() - 5_000);

let guarded: Guarded | undefined;
afterEach(() => guarded?.end());

test('agents, commands and clients by HTTPS, and by nothing else', async () => {
  const tokens = await Tokens.make();
  const authority = await newAuthority();
  const pem = await certificateOf(authority, 'ati');
  const { cert, key } = await writePem(tokens.directory, 'ati', pem);
  const ca = (await writePem(tokens.directory, 'authority', authority)).cert;
  const sender = new Sender(authority.cert);
  const env = { ATI_TLS_CERT: cert, ATI_TLS_KEY: key, ATI_SALT: SALT, NODE_EXTRA_CA_CERTS: ca };
  const own = await Guarded.start(tokens, sender, 'acme-agent', env);
  guarded = own;
  const { ingestUrl, apiUrl, agentUrl } = own.installation;
  expect([ingestUrl, apiUrl].every((url) => url.startsWith('https://127.0.0.1:'))).toBe(true);
  for (const name of SERVICES) {
    expect((await sender.ask(`${own.doorOf(name)}/live`)).status).toBe(200);
    await expect(new Sender().ask(`${own.doorOf(name)}/live`)).rejects.toThrow(/certificate/);
    // Plain HTTP gets no answer of ours.
    const plain = await new Sender().ask(`${own.doorOf(name).replace('https', 'http')}/live`).then(
      ({ status }) => status,
      () => 0,
    );
    expect(plain).not.toBe(200);
  }
  const { text } = await sender.ask(`${agentUrl}/run?scenario=retry&fanout=4&delay_ms=5&seed=3`);
  const { traceId } = JSON.parse(text) as { traceId: string };
  expect((await sender.export(ingestUrl, undefined, exportFrom('acme', TRACE))).status).toBe(401);
  expect(
    (await sender.export(ingestUrl, tokens.of('globex-agent'), exportFrom('globex', TRACE))).status,
  ).toBe(200);
  const stream = await sender.follow(`${apiUrl}/v1/incidents/stream`, tokens.of('globex-analyst'));
  await eventually(
    'the trace of the agents',
    async () => (await own.statusOf(`/v1/traces/${traceId}`, 'acme-analyst')) === 200,
  );
  await eventually(
    'the trace sent',
    async () => (await own.statusOf(`/v1/traces/${TRACE.traceId}`, 'globex-analyst')) === 200,
  );
  expect(await own.statusOf(`/v1/traces/${traceId}`, 'globex-analyst')).toBe(404);
  expect(await own.statusOf(`/v1/traces/${TRACE.traceId}`, 'acme-analyst')).toBe(404);
  expect(stream.text()).toContain(': connected');
  stream.end();
  const explained = await own.command('explain', [traceId], tokens.of('acme-analyst'));
  expect(explained).toMatchObject({ code: 0 });
  const seen = await own.everythingSeen();
  expectNoSecret(seen, [...tokens.all.values(), SALT, pem.key.slice(100, 140)]);
});
