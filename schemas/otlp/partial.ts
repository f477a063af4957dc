/** Why spans, points or records of an export were rejected, for the message of OTLP's partial success. */

/** Distinct reasons that are told; the reasons of more are summed up. */
const TOLD = 5;

/** Counts rejected items by reason. */
export class Faults {
  total = 0;
  readonly #counts = new Map<string, number>();
  readonly #item: string;

  /** What is rejected, in the singular. */
  constructor(item = 'span') {
    this.#item = item;
  }

  add(reason: string): void {
    this.total++;
    const count = this.#counts.get(reason);
    if (count !== undefined || this.#counts.size < TOLD) this.#counts.set(reason, (count ?? 0) + 1);
  }

  /** `no start time (3 spans); trace id of 15 bytes (1 span)`; '' without faults. */
  text(): string {
    const told = [...this.#counts].map(([reason, count]) => `${reason} (${this.#counted(count)})`);
    const rest = this.total - [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    if (rest > 0) told.push(`other faults (${this.#counted(rest)})`);
    return told.join('; ');
  }

  #counted(count: number): string {
    return count === 1 ? `1 ${this.#item}` : `${count} ${this.#item}s`;
  }
}
