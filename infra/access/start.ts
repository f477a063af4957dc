/** Access for a process that starts: by the file of tokens, which it follows; without one, of this machine alone. */
import { join } from 'node:path';
import { type Config, isLoopback } from '../config.ts';
import { UserError } from '../errors.ts';
import type { ProcessContext } from '../process.ts';
import { type Access, OPEN_ACCESS } from './access.ts';
import { followFile } from './follow.ts';
import { readTokens, type StoredToken } from './token-file.ts';
import { tokenAccess } from './tokens.ts';

type Place = Pick<Config, 'ATI_TOKENS_FILE' | 'ATI_DATA_DIR' | 'ATI_HOST' | 'ATI_TRUSTED_NETWORK'>;

/** Where the tokens are. */
export const tokensFileOf = ({ ATI_TOKENS_FILE, ATI_DATA_DIR }: Place): string =>
  ATI_TOKENS_FILE || join(ATI_DATA_DIR, 'tokens.json');

/**
 * The tokens at a start; undefined: there are none, and whoever reaches a port may do everything. Rejects with a
 * UserError where that would be other machines, where ATI_TOKENS_FILE names no file, and where a file is no file of
 * tokens.
 */
export async function checkAccess(config: Place): Promise<readonly StoredToken[] | undefined> {
  const read = await readTokens(tokensFileOf(config));
  if (read.ok) return read.tokens;
  if (!read.missing) throw new UserError(read.reason);
  if (config.ATI_TOKENS_FILE !== '')
    throw new UserError(`ATI_TOKENS_FILE: ${read.reason}; npm run tokens -- create NAME makes it`);
  if (isLoopback(config.ATI_HOST) || config.ATI_TRUSTED_NETWORK) return undefined;
  throw new UserError(
    `ATI_HOST: ${config.ATI_HOST} is not a loopback address, and without tokens whoever reaches it may do everything: ` +
      'make a token (npm run tokens -- create NAME --scopes ingest,read), or bind 127.0.0.1, ' +
      'or set ATI_TRUSTED_NETWORK=true where only trusted peers can reach it',
  );
}

/**
 * Access of a running process. It follows the file: a token that is made or revoked counts within two seconds. A file
 * that has become unreadable, or is gone, changes nothing but the log: the last good tokens stay, and doors that were
 * closed never open. A first file that appears while the process runs closes them.
 */
export async function startAccess({
  config,
  log,
  lifecycle,
}: Pick<ProcessContext, 'config' | 'log' | 'lifecycle'>): Promise<Access> {
  const path = tokensFileOf(config);
  let current = OPEN_ACCESS;
  let told: string | undefined;
  const follower = await followFile(path, async () => {
    const read = await readTokens(path);
    if (read.ok) {
      current = tokenAccess(read.tokens, Date.now);
      told = undefined;
      log.info({ tokens: read.tokens.length }, 'the tokens have changed');
    } else if (current.required && read.reason !== told) {
      told = read.reason;
      log.error(`${read.reason}; the tokens read before stay valid`);
    } else if (!current.required && !read.missing && read.reason !== told) {
      // Somebody wants tokens: nobody gets in until the file is right.
      told = read.reason;
      current = tokenAccess([], Date.now);
      log.error(`${read.reason}; nobody is let in until it is`);
    }
  });
  lifecycle.onStop('closed', 'access', () => follower.close());
  const tokens = await checkAccess(config);
  if (tokens !== undefined) current = tokenAccess(tokens, Date.now);
  return {
    get required() {
      return current.required;
    },
    anyHost: config.ATI_TRUSTED_NETWORK,
    authenticate: (authorization) => current.authenticate(authorization),
  };
}
