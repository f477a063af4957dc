/** `npm run tokens`: makes, lists and revokes bearer tokens. */
import Table from 'cli-table3';
import { CommanderError } from 'commander';
import { readConfig } from '../config.ts';
import { plural } from '../format.ts';
import { commandOf } from './options.ts';
import { tokensFileOf } from './start.ts';
import { createToken, revokeToken } from './store.ts';
import { readTokens, type StoredToken } from './token-file.ts';

const read = readConfig(process.env);
if (!read.ok) {
  console.error(read.message);
  process.exit(2);
}
const file = tokensFileOf(read.config);
const now = new Date();

const program = commandOf({
  async create(name, { tenant, scopes, expires }) {
    const expiresAt = expires === undefined ? undefined : new Date(now.getTime() + expires);
    const made = await createToken(file, { name, tenant, scopes, expiresAt }, now);
    if (!made.ok) return fail(made.reason);
    // The token alone on standard output, so that a script can take it.
    console.log(made.value);
    console.error(
      [
        `${name} may ${scopes.join(', ')} for tenant ${tenant}${expiresAt ? ` until ${expiresAt.toISOString()}` : ''}.`,
        'Keep the token now: it is not stored, and this is the only time it is shown.',
        'Send it as  Authorization: Bearer ati_…  (OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer ati_…");',
        "ATI's own commands and agents send the one in ATI_TOKEN. Every request needs a token from now on.",
      ].join('\n'),
    );
  },
  async list() {
    const tokens = await readTokens(file);
    if (!tokens.ok && !tokens.missing) return fail(tokens.reason);
    if (!tokens.ok)
      return console.log(`No tokens: there is no ${file}. Whoever reaches a port may do everything.`);
    if (tokens.tokens.length > 0) console.log(tableOf(tokens.tokens));
    const none = tokens.tokens.length === 0 ? ': nobody is let in' : '';
    console.log(`${plural(tokens.tokens.length, 'token')} in ${file}${none}`);
  },
  async revoke(name) {
    const revoked = await revokeToken(file, name);
    if (!revoked.ok) return fail(revoked.reason);
    console.log(`${name} (${revoked.value.begins}…) is refused from now on.`);
  },
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

function tableOf(tokens: readonly StoredToken[]): string {
  const table = new Table({
    head: ['name', 'token', 'tenant', 'scopes', 'made', 'until'],
    style: { head: [], border: [] },
  });
  for (const { name, begins, tenant, scopes, createdAt, expiresAt } of tokens) {
    const over = expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
    table.push([
      name,
      `${begins}…`,
      tenant,
      scopes.join(', '),
      day(createdAt),
      `${day(expiresAt)}${over ? ' (over)' : ''}`,
    ]);
  }
  return table.toString();
}

function day(at: string | undefined): string {
  return at === undefined ? 'for ever' : at.slice(0, 16).replace('T', ' ');
}

function fail(reason: string): void {
  console.error(reason);
  process.exitCode = 1;
}
