/**
 * A throw within one unit of stage 2's work: a record, a signal's effects, the windows of a group that close, an idle
 * check, what an operator did. A bug: what was done of the batch is not to be trusted.
 */
export class UnitBug extends Error {
  override readonly name = 'UnitBug';
  /** Names the unit, the same at every reading of the log. */
  readonly unit: string;

  constructor(unit: string, cause: unknown) {
    super(`${unit}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.unit = unit;
  }
}

/** The innermost unit is the one to pass over. */
export function asUnitBug(unit: string, error: unknown): UnitBug {
  return error instanceof UnitBug ? error : new UnitBug(unit, error);
}
