/** The query API, asked over HTTP by our own commands. Answers and failures are values. */
import type { z } from 'zod';
import type { Scope } from '#infra/access/access.ts';
import { ownAuthorization, tokenAdvice } from '#infra/access/own-token.ts';
import { causeOf } from '#infra/errors.ts';

/** Longer than the API lets a query run. */
const TIMEOUT_MS = 15_000;

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly missing: boolean; readonly reason: string };

export interface Body {
  /** As it came. */
  readonly text: string;
  readonly json: unknown;
}

export interface AskOptions {
  /** What the API says where there is no such thing; any other 404 is not the API's. */
  readonly missing?: RegExp;
  /** Sent as JSON, by POST. */
  readonly post?: unknown;
  /** What it needs where there are tokens; default: read. */
  readonly scope?: Scope;
}

/** What is at a URL of the API: JSON, that there is nothing (`missing`), or why it cannot be said. */
export async function ask(base: string, path: string, options: AskOptions = {}): Promise<Answer<Body>> {
  const fail = (reason: string, missing = false) => ({ ok: false, missing, reason }) as const;
  const other = `${base} is not ATI's query API`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...ownAuthorization(),
        ...(options.post !== undefined && { 'content-type': 'application/json' }),
      },
      ...(options.post !== undefined && { method: 'POST', body: JSON.stringify(options.post) }),
    });
    text = await response.text();
  } catch (error) {
    return fail(
      `ATI's query API does not answer at ${base} (${causeOf(error)}): is ATI running? npm start, or --api URL`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail(`${other}: it answered ${response.status}, and no JSON`);
  }
  const advice = tokenAdvice(response.status, options.scope ?? 'read');
  if (advice !== undefined) return fail(`the API at ${base} refuses: ${advice}`);
  if (response.ok) return { ok: true, value: { text, json } };
  const said = errorOf(json);
  if (said === undefined) return fail(`${other}: it answered ${response.status}`);
  if (response.status !== 404) return fail(`the API at ${base} says: ${said}`);
  return options.missing?.test(said) ? fail(said, true) : fail(`${other}: ${said}`);
}

/** The message of `{ error: { code, message } }`, as the API gives each of its errors. */
function errorOf(json: unknown): string | undefined {
  const error = typeof json === 'object' && json !== null && 'error' in json ? json.error : undefined;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
}

/** The answer's JSON as what it should be. */
export function parsed<T>(base: string, type: z.ZodType<T>, json: unknown): Answer<T> {
  const result = type.safeParse(json);
  if (result.success) return { ok: true, value: result.data };
  const where = result.error.issues[0].path.join('.');
  return {
    ok: false,
    missing: false,
    reason: `${base} is an ATI of another version: ${where} is not as expected`,
  };
}
