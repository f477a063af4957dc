/** The smallest input found, within a bound of tries, that is wrong in the same way. */
import type { Judged } from './judge.ts';

export async function minimise(
  input: Uint8Array,
  key: string,
  run: (input: Uint8Array) => Promise<Judged>,
  { tries = 2_000, ms = 8_000 } = {},
): Promise<Uint8Array> {
  const until = performance.now() + ms;
  let left = tries;
  let best = input;
  const attempt = async (smaller: Uint8Array): Promise<boolean> => {
    left--;
    if ((await run(smaller)).verdict?.key !== key) return false;
    best = smaller;
    return true;
  };
  const going = () => left > 0 && performance.now() < until;
  // Pieces out, from halves to single bytes.
  for (let size = best.length >> 1; size >= 1 && going(); size >>= 1)
    for (let at = 0; at < best.length && going(); )
      if (!(await attempt(without(best, at, at + size)))) at += size;
  // Then plain bytes.
  for (let at = 0; at < best.length && going(); at++) {
    if (best[at] === 0x30 || best[at] === 0) continue;
    const plain = best.slice();
    plain[at] = 0x30;
    await attempt(plain);
  }
  return best.slice();
}

function without(input: Uint8Array, from: number, to: number): Uint8Array {
  return Uint8Array.from([...input.subarray(0, from), ...input.subarray(to)]);
}
