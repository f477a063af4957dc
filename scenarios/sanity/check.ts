import { messageOf } from '#infra/errors.ts';

/** What one check says: its line is printed as soon as it is known. */
export interface CheckResult {
  readonly name: string;
  readonly state: 'ok' | 'failed' | 'skipped';
  /** What was seen, or what is wrong and what to do. */
  readonly detail: string;
}

/** Something is not as it must be; `hint` says what to do. */
export class CheckFailure extends Error {
  readonly hint: string;

  constructor(what: string, hint: string) {
    super(what);
    this.hint = hint;
  }
}

/** Runs a check: `look` gives what it saw, or throws a CheckFailure (or any error: then its message). */
export async function check(name: string, look: () => Promise<string>): Promise<CheckResult> {
  try {
    return { name, state: 'ok', detail: await look() };
  } catch (error) {
    const hint = error instanceof CheckFailure ? ` → ${error.hint}` : '';
    return { name, state: 'failed', detail: `${messageOf(error)}${hint}` };
  }
}
