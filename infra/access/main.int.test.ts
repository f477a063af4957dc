import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ati-tokens-'));
});
afterEach(() => rm(dir, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function tokens(...args: string[]): Promise<Ran> {
  const env = { PATH: process.env.PATH, ATI_DATA_DIR: dir };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('npm run tokens', () => {
  test('a token is shown once, alone on standard output; the list tells all but the token', async () => {
    expect((await tokens('list')).stdout).toMatch(/^No tokens: there is no .*tokens\.json\./);
    const made = await tokens(
      'create',
      'agents',
      '--tenant',
      'acme',
      '--scopes',
      'read,ingest',
      '--expires',
      '90d',
    );
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^ati_[\w-]{43}\n$/);
    const token = made.stdout.trim();
    expect(made.stderr).toMatch(/^agents may ingest, read for tenant acme until 20\d\d-/);
    expect(made.stderr).not.toContain(token);
    const list = await tokens('list');
    expect(list.stdout).toMatch(
      /agents .*ati_.{4}… .*acme .*ingest, read .*\n[\s\S]*\n1 token in .*tokens\.json\n$/,
    );
    expect(list.stdout).not.toContain(token.slice(8));
    const revoked = await tokens('revoke', 'agents');
    expect(revoked).toMatchObject({
      code: 0,
      stdout: `agents (${token.slice(0, 8)}…) is refused from now on.\n`,
    });
    expect((await tokens('list')).stdout).toMatch(/^0 tokens in .*: nobody is let in\n$/);
  });

  test('what cannot be done: one sentence, exit 1', async () => {
    await tokens('create', 'a', '--scopes', 'read');
    const twice = await tokens('create', 'a', '--scopes', 'read');
    expect(twice).toEqual({
      code: 1,
      stdout: '',
      stderr: 'there is a token a already: revoke it first, or choose another name\n',
    });
    expect(await tokens('revoke', 'b')).toMatchObject({ code: 1, stdout: '' });
    await writeFile(path.join(dir, 'tokens.json'), 'garbage');
    for (const args of [['list'], ['create', 'b', '--scopes', 'read'], ['revoke', 'a']])
      expect(await tokens(...args)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('it is not JSON'),
      });
  });

  test('a wrong option: exit 2, and no file; help: exit 0', async () => {
    expect(await tokens('create', 'a', '--scopes', 'write')).toMatchObject({ code: 2, stdout: '' });
    expect((await tokens('list')).stdout).toContain('No tokens');
    const help = await tokens('create', '--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--scopes <list>');
  });
});
