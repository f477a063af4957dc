/** One partition of a topic in memory: records by offset, the oldest of them gone once nobody needs them. */
export class MemoryLog<T> {
  #records: T[] = [];
  #first = 0;

  /** Offset of the next record. */
  get end(): number {
    return this.#first + this.#records.length;
  }

  /** Returns the record's offset. */
  append(record: T): number {
    this.#records.push(record);
    return this.end - 1;
  }

  /** Throws where the record was trimmed or never written: a bug of the caller. */
  at(offset: number): T {
    const index = offset - this.#first;
    if (index < 0 || index >= this.#records.length) throw new Error(`no record at offset ${offset}`);
    return this.#records[index];
  }

  /** Forgets the records below `offset`. */
  trim(offset: number): void {
    if (offset <= this.#first) return;
    this.#records = this.#records.slice(offset - this.#first);
    this.#first = offset;
  }
}
