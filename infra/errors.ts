/** An error whose message is for the user as it is: one clear sentence, no stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
