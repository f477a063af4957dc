/** Bytes of a page of spans. */
export const PAGE_BYTES = 256 << 10;
/** Pages that wait to be used again, of a thread: about what it holds at 30,000 spans/s, and once all of them came back. */
const MAX_SPARE = 1024;

const spare: Uint8Array[] = [];

/** A page of `bytes`, or of PAGE_BYTES where that is more, with anything in it. Used ones save the system's fresh memory. */
export function takePage(bytes: number): Uint8Array {
  if (bytes > PAGE_BYTES) return new Uint8Array(bytes);
  return spare.pop() ?? new Uint8Array(PAGE_BYTES);
}

/** Nothing looks at it any more. */
export function givePage(page: Uint8Array): void {
  if (page.length === PAGE_BYTES && spare.length < MAX_SPARE) spare.push(page);
}
