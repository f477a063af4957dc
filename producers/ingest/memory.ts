/**
 * Memory of bodies, parts and records that is used again. Fresh memory for each costs the system's pages, and its
 * garbage has the whole heap marked: more than all that is done to the bytes.
 */

/** Smaller pieces are Node's own pool's; larger ones are rare. */
const MIN_BYTES = 8 << 10;
const MAX_BYTES = 1 << 20;
/** Of all that is kept, in bytes. */
const MAX_KEPT = 8 << 20;
const MIN_LOG = Math.log2(MIN_BYTES);

/** Unused memory by its size, a power of two from MIN_BYTES on. */
const unused: Buffer[][] = Array.from({ length: Math.log2(MAX_BYTES) - MIN_LOG + 1 }, () => []);
/** What was given out of here, so that nothing else is ever taken in. */
const out = new WeakSet<ArrayBufferLike>();
let kept = 0;

/** `bytes` bytes, with whatever was in them. */
export function borrow(bytes: number): Buffer {
  if (bytes < MIN_BYTES || bytes > MAX_BYTES) return Buffer.allocUnsafe(bytes);
  const size = Math.max(MIN_LOG, 32 - Math.clz32(bytes - 1)) - MIN_LOG;
  let whole = unused[size].pop();
  if (whole === undefined) whole = Buffer.allocUnsafeSlow(MIN_BYTES << size);
  else kept -= whole.length;
  out.add(whole.buffer);
  return whole.length === bytes ? whole : whole.subarray(0, bytes);
}

/** Gives back what `borrow` gave, or a view of it: nobody may read or write it from now on. Other memory is left alone. */
export function giveBack({ buffer }: Uint8Array): void {
  if (!out.delete(buffer) || kept + buffer.byteLength > MAX_KEPT) return;
  const whole = Buffer.from(buffer);
  kept += whole.length;
  unused[32 - Math.clz32(whole.length - 1) - MIN_LOG].push(whole);
}

/**
 * Frees memory that is the caller's alone, now and not when V8 comes to it: it has the whole heap marked for every few
 * megabytes of buffers. A view of a larger buffer is left alone.
 */
export function free({ buffer, length }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
