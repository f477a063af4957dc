import { expect, test } from 'vitest';
import type { CreateOptions } from './options.ts';
import { commandOf } from './options.ts';

async function parse(...args: string[]): Promise<{ name: string; options: CreateOptions } | undefined> {
  let created: { name: string; options: CreateOptions } | undefined;
  const program = commandOf({
    async create(name, options) {
      created = { name, options };
    },
    list: async () => {},
    revoke: async () => {},
  });
  for (const command of [program, ...program.commands]) command.configureOutput({ writeErr: () => {} });
  await program.parseAsync(['node', 'tokens', ...args]);
  return created;
}

test('scopes in their own order, the tenant default, no end', async () => {
  expect(await parse('create', 'a', '--scopes', 'operate, ingest')).toEqual({
    name: 'a',
    options: { tenant: 'default', scopes: ['ingest', 'operate'] },
  });
});

test.each([
  ['12h', 43_200_000],
  ['90d', 7_776_000_000],
])('--expires %s is %i ms', async (text, ms) => {
  const parsed = await parse('create', 'a', '--scopes', 'read', '--expires', text);
  expect(parsed?.options.expires).toBe(ms);
});

test.each([
  [[]],
  [['create']],
  [['create', 'a']],
  [['create', 'a', '--scopes', 'write']],
  [['create', 'a', '--scopes', 'read,']],
  [['create', 'a', '--scopes', '']],
  [['create', 'a', '--scopes', 'read', '--tenant', '../up']],
  [['create', 'a', '--scopes', 'read', '--tenant', 'Up']],
  [['create', '../a', '--scopes', 'read']],
  [['create', 'a', '--scopes', 'read', '--expires', '90']],
  [['create', 'a', '--scopes', 'read', '--expires', '0d']],
  [['create', 'a', '--scopes', 'read', '--expires', '99999999d']],
  [['revoke']],
  [['other']],
])('%j is refused', async (args) => {
  await expect(parse(...args)).rejects.toMatchObject({ name: 'CommanderError' });
});
