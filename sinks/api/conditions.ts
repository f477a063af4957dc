/** A WHERE clause with its parameters, built from what was given; values are only ever bound, never written into SQL. */
export class Conditions {
  readonly #clauses: string[] = [];
  readonly params: Record<string, unknown> = {};

  /** `clause` refers to its values as {name:Type}; left out where any of them is undefined. */
  add(clause: string, values: Readonly<Record<string, unknown>> = {}): this {
    if (Object.values(values).some((value) => value === undefined)) return this;
    this.#clauses.push(clause);
    Object.assign(this.params, values);
    return this;
  }

  get sql(): string {
    return this.#clauses.length === 0 ? '1' : this.#clauses.map((clause) => `(${clause})`).join(' AND ');
  }
}
