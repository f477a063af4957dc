/** Codecs that Node lacks, as far as a test needs them: the bytes pass through the broker as they are. */

/** Raw snappy (its format description, section 2) with everything as literals: valid, not smaller. */
export function snappyLiterals(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  parts.push(Buffer.from(length));
  for (let at = 0; at < bytes.length; at += 60) {
    const piece = bytes.subarray(at, at + 60);
    parts.push(Buffer.from([(piece.length - 1) << 2]), piece);
  }
  return Buffer.concat(parts);
}

/** An LZ4 frame of one stored block (independent blocks of up to 64 KB, no checksums). */
export function lz4Stored(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE((bytes.length | 0x8000_0000) >>> 0);
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  return Buffer.concat([header, size, bytes, Buffer.alloc(4)]);
}
