import { z } from 'zod';

export type ReadMetadata<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** The metadata of a committed offset: '' (nothing committed yet) is `first`; anything unreadable is a reason. */
export function readMetadata<T>(text: string, schema: z.ZodType<T>, first: T): ReadMetadata<T> {
  if (text === '') return { ok: true, value: first };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'commit metadata is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { ok: false, reason: `commit metadata: ${z.prettifyError(parsed.error)}` };
  return { ok: true, value: parsed.data };
}
