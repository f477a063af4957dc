import { messageOf } from '#infra/errors.ts';

/** Why a fetch failed: its own message is `fetch failed`, the reason (ECONNREFUSED and the like) is in the cause. */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return messageOf(error);
  return 'code' in cause ? String(cause.code) : cause.message;
}
