/**
 * What became of a record. Outcomes are values: a bad record never throws, so a throw always means a bug.
 *
 * `ok`: applied. `drop`: rightly without effect (a duplicate). `late`: readable, but too late to count. `deadLetter`:
 * unreadable; its bytes belong on ati.dead-letters. `retry`: cannot be judged yet, read it again.
 */
export type Outcome =
  | { readonly outcome: 'ok' | 'drop' | 'late' }
  | { readonly outcome: 'retry'; readonly reason: string }
  | { readonly outcome: 'deadLetter'; readonly step: string; readonly reason: string };

export type OutcomeName = Outcome['outcome'];

export const OK: Outcome = { outcome: 'ok' };
export const DROP: Outcome = { outcome: 'drop' };
export const LATE: Outcome = { outcome: 'late' };

export function deadLetter(step: string, reason: string): Outcome {
  return { outcome: 'deadLetter', step, reason };
}
