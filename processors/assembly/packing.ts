/** Many byte strings in one ArrayBuffer, to be transferred between threads rather than copied object by object. */
export interface Packed {
  /** Perhaps longer than all of them. */
  readonly bytes: ArrayBuffer;
  /** Length of each, in order. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** Copies the bytes, into a buffer that `room` gives for so many; `unpack` gives them back in the same order. */
export function pack(
  parts: readonly Uint8Array[],
  room: (bytes: number) => ArrayBuffer = (bytes) => new ArrayBuffer(bytes),
): Packed {
  const lengths = new Uint32Array(parts.length);
  let total = 0;
  for (let i = 0; i < parts.length; i++) {
    lengths[i] = parts[i].length;
    total += lengths[i];
  }
  const buffer = room(total);
  const bytes = new Uint8Array(buffer);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    bytes.set(parts[i], at);
    at += lengths[i];
  }
  return { bytes: buffer, lengths };
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
