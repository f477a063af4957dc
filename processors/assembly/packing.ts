/** Many byte strings in one ArrayBuffer, to be transferred between threads rather than copied object by object. */
export interface Packed {
  readonly bytes: ArrayBuffer;
  /** Length of each, in order. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** Copies the bytes; `unpack` gives them back in the same order. */
export function pack(parts: readonly Uint8Array[]): Packed {
  let total = 0;
  for (const part of parts) total += part.length;
  const bytes = new Uint8Array(total);
  const lengths = new Uint32Array(parts.length);
  let at = 0;
  parts.forEach((part, i) => {
    bytes.set(part, at);
    lengths[i] = part.length;
    at += part.length;
  });
  return { bytes: bytes.buffer, lengths };
}

/** Views, not copies. */
export function unpack({ bytes, lengths }: Packed): Uint8Array[] {
  let at = 0;
  return Array.from(lengths, (length) => {
    const part = new Uint8Array(bytes, at, length);
    at += length;
    return part;
  });
}
