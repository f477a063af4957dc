/**
 * Arrays that are kept from one trace to the next, for what nobody sees once the function that asks for them has
 * returned. They are longer than asked for and hold what they last held.
 */

/** Entries: what one huge trace needs is not kept. */
const MOST_KEPT = 1 << 16;
const FIRST = 256;

/**
 * One array of that kind (or columns of a length), for one place in the code that is not entered again while it uses it.
 * Of more than `most` entries none is kept.
 */
export function keeper<A extends { readonly length: number }>(
  make: (n: number) => A,
  most = MOST_KEPT,
): (n: number) => A {
  let kept = make(FIRST);
  return (n) => {
    if (n <= kept.length) return kept;
    const longer = make(2 ** Math.ceil(Math.log2(n)));
    if (longer.length <= most) kept = longer;
    return longer;
  };
}

export const keptInt32s = () => keeper((n) => new Int32Array(n));
export const keptUint32s = () => keeper((n) => new Uint32Array(n));
export const keptFloat64s = () => keeper((n) => new Float64Array(n));
export const keptUint8s = () => keeper((n) => new Uint8Array(n));
