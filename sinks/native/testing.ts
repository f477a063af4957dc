/** For tests: a block of Native, read back as RowBinary rows, so that both say the same of the same values. */

class Cursor {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes);
  }
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }
  take(size: number): Buffer {
    if (this.at + size > this.bytes.length) throw new Error('the block ends early');
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
  uint64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }
  /** With its length before it. */
  string(): Buffer {
    const from = this.at;
    const size = this.varint();
    this.at += size;
    return this.bytes.subarray(from, this.at);
  }
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const list = (size: number, items: readonly Buffer[]) =>
  Buffer.concat([Buffer.from(size < 128 ? [size] : [(size & 0x7f) | 0x80, size >> 7]), ...items]);

/** What is inside Array(…), or of a map's pairs. */
const inside = (type: string) => /^Array\((.*)\)$/.exec(type)?.[1];

function prefix(from: Cursor, type: string): void {
  const item = inside(type);
  if (item !== undefined) prefix(from, item);
  else if (type.includes('LowCardinality') && from.uint64() !== 1) throw new Error('another version');
}

function lowCardinality(from: Cursor, rows: number): Buffer[] {
  if (rows === 0) return [];
  const flags = from.uint64();
  if (flags >> 8 !== 6) throw new Error(`a dictionary with flags ${flags}`);
  const keys = times(from.uint64(), () => from.string());
  if (from.uint64() !== rows) throw new Error('another number of rows');
  const bytes = 1 << (flags & 0xff);
  return times(rows, () => {
    const key = keys[from.take(bytes).readUIntLE(0, bytes)];
    if (key === undefined) throw new Error('no such key');
    return key;
  });
}

/** Cuts `items` by running totals. */
function arrays(ends: readonly number[], items: readonly Buffer[]): Buffer[] {
  return ends.map((end, i) => list(end - (ends[i - 1] ?? 0), items.slice(ends[i - 1] ?? 0, end)));
}

function values(from: Cursor, type: string, rows: number): Buffer[] {
  if (type === 'String') return times(rows, () => from.string());
  if (type === 'UInt64' || type.startsWith('DateTime64')) return times(rows, () => from.take(8));
  if (type === 'LowCardinality(String)') return lowCardinality(from, rows);
  const ends = times(rows, () => from.uint64());
  const count = ends.at(-1) ?? 0;
  if (type.startsWith('Map(')) {
    const keys = lowCardinality(from, count);
    const all = values(from, 'String', count);
    return arrays(
      ends,
      keys.map((key, i) => Buffer.concat([key, all[i]])),
    );
  }
  return arrays(ends, values(from, inside(type) as string, count));
}

/** The rows of one block; throws where it is none. */
export function rowsOfBlock(block: Uint8Array): Buffer[] {
  const from = new Cursor(block);
  const columns = from.varint();
  const rows = from.varint();
  const byColumn = times(columns, () => {
    from.string();
    const text = from.string();
    const type = text.subarray(1).toString();
    prefix(from, type);
    return values(from, type, rows);
  });
  if (from.at !== block.length) throw new Error(`${block.length - from.at} bytes behind the block`);
  return times(rows, () => Buffer.alloc(0)).map((_, i) => Buffer.concat(byColumn.map((column) => column[i])));
}
