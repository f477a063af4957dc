/** Strings of a trace, each once, by index. Index 0 is the empty string. */
export class Strings {
  readonly all: string[] = [''];
  readonly #index = new Map<string, number>([['', 0]]);

  add(text: string): number {
    const known = this.#index.get(text);
    if (known !== undefined) return known;
    this.all.push(text);
    this.#index.set(text, this.all.length - 1);
    return this.all.length - 1;
  }
}
