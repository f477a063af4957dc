/**
 * The typed arrays of a trace's view, lent for as long as the trace is analysed: a fresh one costs 50 ns and 100 bytes of
 * garbage, a trace takes about thirty, and their memory was touched before. Only between `lendArrays` and
 * `takeArraysBack`: else, and for long ones, everybody gets an array of his own.
 *
 * Other than those of arrays.ts they hold what they last held.
 */
import { float64s, int32s, uint8s } from './arrays.ts';

/** Entries: few traces have more spans. */
const LONGEST = 128;

let lending = false;

/** Arrays of one kind, by length; the first `taken[length]` of them are lent. */
class Lender<A> {
  readonly #make: (n: number) => A;
  readonly #all: A[][] = Array.from({ length: LONGEST + 1 }, () => []);
  readonly #taken = new Int32Array(LONGEST + 1);

  constructor(make: (n: number) => A) {
    this.#make = make;
  }

  lend(n: number): A {
    if (!lending || n > LONGEST) return this.#make(n);
    const arrays = this.#all[n];
    const at = this.#taken[n]++;
    if (at === arrays.length) arrays.push(this.#make(n));
    return arrays[at];
  }

  takeBack(): void {
    this.#taken.fill(0);
  }
}

const bytes = new Lender(uint8s);
const integers = new Lender(int32s);
const numbers = new Lender(float64s);

export const lentUint8s = (n: number): Uint8Array<ArrayBuffer> => bytes.lend(n);
export const lentInt32s = (n: number): Int32Array<ArrayBuffer> => integers.lend(n);
export const lentFloat64s = (n: number): Float64Array<ArrayBuffer> => numbers.lend(n);

/** From now on arrays are lent; nobody may still use those that were. */
export function lendArrays(): void {
  takeArraysBack();
  lending = true;
}

/** Whoever still holds a lent array must not use it again: the next trace will. */
export function takeArraysBack(): void {
  lending = false;
  bytes.takeBack();
  integers.takeBack();
  numbers.takeBack();
}
