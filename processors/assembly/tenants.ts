/** Tenants by a number each, in order of coming. */
export class Tenants {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  numberOf(tenant: string): number {
    let number = this.#numbers.get(tenant);
    if (number === undefined) {
      number = this.#names.push(tenant) - 1;
      this.#numbers.set(tenant, number);
    }
    return number;
  }

  nameOf(number: number): string {
    return this.#names[number];
  }
}
