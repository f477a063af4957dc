/** The ingest as a process, with TLS, tokens and a salt: who gets in, and that no secret is seen anywhere. */
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Scope } from '#infra/access/access.ts';
import { createToken } from '#infra/access/store.ts';
import { certificateOf, newAuthority, type Pem, writePem } from '#infra/testing/certificates.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { exampleTraces } from './testing.ts';
import { TestIngests } from './testing-ingests.ts';
import { batchesOnLog } from './testing-process.ts';

const ingests = new TestIngests();
const SALT = 'canary-salt-0123456789';
const WRONG = `ati_${'canaryWrong'.repeat(4).slice(0, 43)}`;
const body = Buffer.from(encodeTraces(exampleTraces(1, 2)));

interface Said {
  readonly status: number | undefined;
  readonly text: string;
}

function request(url: string, options: https.RequestOptions, payload?: Buffer): Promise<Said> {
  return new Promise((resolve, reject) => {
    const { request: ask } = url.startsWith('https:') ? https : http;
    const asked = ask(url, { agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    asked.on('error', reject).end(payload);
  });
}

async function token(file: string, name: string, scopes: readonly Scope[]): Promise<string> {
  const made = await createToken(file, { name, tenant: 'acme', scopes }, new Date());
  if (!made.ok) throw new Error(made.reason);
  return made.value;
}

test('HTTPS with tokens: the tenant’s spans are on the log; no token, salt or key is in a log line, an answer, /metrics or the arguments', async () => {
  const dir = path.join(ingests.dataDir, 'secrets');
  const authority: Pem = await newAuthority();
  const pem = await certificateOf(authority, 'ingest');
  const { cert, key } = await writePem(dir, 'ingest', pem);
  const file = path.join(dir, 'tokens.json');
  const tokens = {
    sender: await token(file, 'sender', ['ingest']),
    reader: await token(file, 'reader', ['read']),
  };
  const prefix = ingests.prefix();
  const ingest = await ingests.start(prefix, {
    ATI_TLS_CERT: cert,
    ATI_TLS_KEY: key,
    ATI_TOKENS_FILE: file,
    ATI_TOKEN: tokens.sender,
    ATI_SALT: SALT,
  });
  await ingest.ready;
  const url = ingest.url.replace('http:', 'https:');
  const answers: Said[] = [];
  const ask = async (at: string, bearer?: string, payload?: Buffer) => {
    const headers = {
      'content-type': 'application/x-protobuf',
      ...(bearer && { authorization: `Bearer ${bearer}` }),
    };
    const said = await request(
      `${url}${at}`,
      { method: payload ? 'POST' : 'GET', headers, ca: authority.cert },
      payload,
    );
    answers.push(said);
    return said.status;
  };
  expect(await ask('/v1/traces', tokens.sender, body)).toBe(200);
  expect(await ask('/v1/traces', undefined, body)).toBe(401);
  expect(await ask('/v1/traces', WRONG, body)).toBe(401);
  expect(await ask('/v1/traces', tokens.reader, body)).toBe(403);
  expect(await ask('/v1/traces', tokens.sender, Buffer.from('no OTLP'))).toBe(400);
  expect(await ask('/live')).toBe(200);
  expect(await ask('/metrics')).toBe(401);
  expect(await ask('/metrics', tokens.reader)).toBe(200);
  // Without the authority nobody is talked to; without TLS nobody is answered with what is behind it.
  await expect(request(`${url}/live`, {})).rejects.toThrow(/certificate/);
  const plain = await request(`${ingest.url}/live`, {}).catch((error: Error) => error.message);
  expect(plain).not.toMatchObject({ status: 200 });

  const [batch] = await batchesOnLog(ingests.broker.brokers, prefix);
  expect(batch.tenant).toBe('acme');
  const command = await readFile(`/proc/${ingest.child.pid}/cmdline`, 'utf8').catch(() => '');
  const seen = [ingest.output(), JSON.stringify(answers), command].join('\n');
  expect(seen).toContain('request refused');
  for (const secret of [tokens.sender, tokens.reader, WRONG, SALT, pem.key.slice(100, 140)]) {
    expect(seen).not.toContain(secret);
    expect(seen).not.toContain(Buffer.from(secret).toString('base64'));
  }
});

test('a key that is not the certificate’s, and a file that is missing, are one sentence', async () => {
  const dir = path.join(ingests.dataDir, 'mismatch');
  const authority = await newAuthority();
  const one = await writePem(dir, 'one', await certificateOf(authority, 'one'));
  const two = await writePem(dir, 'two', await certificateOf(authority, 'two'));
  for (const [key, sentence] of [
    [two.key, /^ATI_TLS_CERT, ATI_TLS_KEY: these are no certificate and its key, in PEM/],
    ['/nowhere', /^ATI_TLS_KEY: \/nowhere cannot be read/],
  ] as const) {
    const ingest = await ingests.start(ingests.prefix(), { ATI_TLS_CERT: one.cert, ATI_TLS_KEY: key });
    expect(await ingest.exited).toBe(1);
    expect(ingest.stderr()).toMatch(sentence);
  }
});
