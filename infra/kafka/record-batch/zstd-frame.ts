/** What the header and the blocks of a zstd frame say of its sizes (RFC 8878, 3.1.1), without decompressing it. */

const ZSTD_MAGIC = 0xfd2fb528;
/** The longest header; shorter frames hold next to nothing. */
const LONGEST_HEADER = 18;
const BLOCK_HEADER = 3;
const CHECKSUM = 4;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** Bytes of the content; undefined where the header does not say it. */
export function zstdContentSize(frame: Buffer): number | undefined {
  if (frame.length < LONGEST_HEADER || frame.readUInt32LE(0) !== ZSTD_MAGIC) return undefined;
  const descriptor = frame[4];
  const at = contentSizeAt(descriptor);
  switch (descriptor >> 6) {
    case 0:
      return isSingleSegment(descriptor) ? frame[at] : undefined;
    case 1:
      return frame.readUInt16LE(at) + 256;
    case 2:
      return frame.readUInt32LE(at);
    default:
      return Number(frame.readBigUInt64LE(at));
  }
}

/** True where the bytes are one frame from its first block to its last, and nothing behind it. */
export function isOneZstdFrame(frame: Buffer): boolean {
  if (frame.length < LONGEST_HEADER || frame.readUInt32LE(0) !== ZSTD_MAGIC) return false;
  const descriptor = frame[4];
  const sizeBytes = descriptor >> 6 === 0 ? (isSingleSegment(descriptor) ? 1 : 0) : 1 << (descriptor >> 6);
  let at = contentSizeAt(descriptor) + sizeBytes;
  for (let last = false; !last; ) {
    if (at + BLOCK_HEADER > frame.length) return false;
    const header = frame.readUIntLE(at, BLOCK_HEADER);
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) return false;
    at += BLOCK_HEADER + (type === RLE_BLOCK ? 1 : header >> 3);
    last = (header & 1) === 1;
  }
  return at + ((descriptor & 4) === 0 ? 0 : CHECKSUM) === frame.length;
}

const isSingleSegment = (descriptor: number) => (descriptor & 0x20) !== 0;

/** Behind the magic number, the descriptor, the window's and the dictionary's. */
function contentSizeAt(descriptor: number): number {
  return 5 + (isSingleSegment(descriptor) ? 0 : 1) + [0, 1, 2, 4][descriptor & 3];
}
