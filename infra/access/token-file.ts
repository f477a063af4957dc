/** The file of tokens: what it holds, how it is read. It names no token, only digests. */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { SCOPES } from './access.ts';
import { TENANT_NAME, TENANT_RULE } from './tenant.ts';

/** No installation needs more; a file of another kind may have. */
const MOST_TOKENS = 10_000;
/** Writable by more than its owner: whoever writes here makes tokens. */
const WRITABLE_BY_OTHERS = 0o022;

/** What a token is called. */
export const TOKEN_NAME = /^[A-Za-z0-9][\w.-]{0,62}$/;
export const NAME_RULE = 'must be letters, digits, _, . and -, beginning with a letter or digit, at most 63';

const storedToken = z.strictObject({
  name: z.string().regex(TOKEN_NAME, NAME_RULE),
  tenant: z.string().regex(TENANT_NAME, TENANT_RULE),
  scopes: z.array(z.enum(SCOPES)).min(1, 'must name a scope'),
  /** Hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
  /** The token's first characters, for a list. */
  begins: z.string().regex(/^ati_[\w-]{4}$/, 'must be ati_ and four characters'),
  /** RFC 3339. */
  createdAt: z.iso.datetime(),
  /** From then on it is refused. */
  expiresAt: z.iso.datetime().optional(),
});

const tokenFile = z.strictObject({
  version: z.literal(1),
  tokens: z
    .array(storedToken)
    .max(MOST_TOKENS)
    .refine((tokens) => new Set(tokens.map(({ name }) => name)).size === tokens.length, 'names must differ'),
});

export type StoredToken = Readonly<z.output<typeof storedToken>>;

export type TokensRead =
  | { readonly ok: true; readonly tokens: readonly StoredToken[] }
  /** `missing`: there is no such file. */
  | { readonly ok: false; readonly missing: boolean; readonly reason: string };

/** The reason quotes nothing of the file: it may be somebody's secret in the wrong place. */
export function parseTokens(text: string): TokensRead {
  const failed = (reason: string) => ({ ok: false, missing: false, reason }) as const;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return failed('it is not JSON');
  }
  const parsed = tokenFile.safeParse(json, { reportInput: false });
  if (parsed.success) return { ok: true, tokens: parsed.data.tokens };
  return failed(
    parsed.error.issues
      .slice(0, 3)
      .map((issue) => `${issue.path.join('.') || 'the file'}: ${reasonOf(issue)}`)
      .join('; '),
  );
}

/** Reads and checks the file; `reason` names it. */
export async function readTokens(path: string): Promise<TokensRead> {
  try {
    const { mode } = await stat(path);
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && process.platform !== 'win32')
      return { ok: false, missing: false, reason: `${path} can be written by others: chmod 600 ${path}` };
    const read = parseTokens(await readFile(path, 'utf8'));
    return read.ok ? read : { ...read, reason: `${path} is not a file of tokens: ${read.reason}` };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      ok: false,
      missing,
      reason: missing ? `there is no ${path}` : `${path} cannot be read: ${messageOf(error)}`,
    };
  }
}

/** Zod's own words, but not the names of unknown fields: they are content too. */
function reasonOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? 'has a field that is not known' : issue.message;
}
