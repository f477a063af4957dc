import { int32s } from './arrays.ts';

const WIDTH = 4;
const FIRST_SIZE = 32;
/** Slots that a table which is used again keeps: more cost more to clear than to make. */
const MOST_KEPT = 256;

/** Numbers tuples of four integers (32 bits) in order of first appearance, without making a key of each. */
export class Tuples {
  /** Different tuples so far. */
  count = 0;
  #items = int32s((FIRST_SIZE / 2) * WIDTH);
  /** Open addressing: a tuple's number + 1; at most half full. */
  #slots = int32s(FIRST_SIZE);

  /** Forgets all tuples; the room for few stays. */
  clear(): void {
    this.count = 0;
    if (this.#slots.length <= MOST_KEPT) this.#slots.fill(0);
    else {
      this.#slots = int32s(FIRST_SIZE);
      this.#items = int32s((FIRST_SIZE / 2) * WIDTH);
    }
  }

  /** The tuple's number, from 0. */
  add(a: number, b: number, c = 0, d = 0): number {
    const items = this.#items;
    const mask = this.#slots.length - 1;
    let slot = hashOf(a, b, c, d) & mask;
    for (let found = this.#slots[slot]; found !== 0; found = this.#slots[slot]) {
      const at = (found - 1) * WIDTH;
      if (items[at] === a && items[at + 1] === b && items[at + 2] === c && items[at + 3] === d)
        return found - 1;
      slot = (slot + 1) & mask;
    }
    if ((this.count + 1) * 2 > this.#slots.length) {
      this.#grow();
      return this.add(a, b, c, d);
    }
    const at = this.count * WIDTH;
    items[at] = a;
    items[at + 1] = b;
    items[at + 2] = c;
    items[at + 3] = d;
    this.#slots[slot] = ++this.count;
    return this.count - 1;
  }

  /** The `part`th integer of a tuple. */
  item(number: number, part: 0 | 1 | 2 | 3): number {
    return this.#items[number * WIDTH + part];
  }

  #grow(): void {
    const slots = int32s(this.#slots.length * 2);
    const items = int32s((slots.length / 2) * WIDTH);
    items.set(this.#items);
    const mask = slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      const at = number * WIDTH;
      let slot = hashOf(items[at], items[at + 1], items[at + 2], items[at + 3]) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#items = items;
    this.#slots = slots;
  }
}

function hashOf(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f) ^ Math.imul(d, 0x165667b1);
  return hash ^ (hash >>> 15);
}
