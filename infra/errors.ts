/** An error whose message is for the user as it is: one clear sentence, no stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a fetch failed: its own message is `fetch failed`, the reason (ECONNREFUSED and the like) is in the cause. */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return messageOf(error);
  return 'code' in cause ? String(cause.code) : cause.message;
}
