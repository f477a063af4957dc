import type { RowBuffer } from '../rowbinary/buffer.ts';
import type { Column } from './column.ts';

/** Appends one block of Native: `columns` by name, of so many rows each. */
export function writeBlock(out: RowBuffer, columns: ReadonlyMap<string, Column>, rows: number): void {
  out.varint(columns.size);
  out.varint(rows);
  for (const [name, column] of columns) {
    out.text(name);
    out.text(column.type);
    column.prefix(out);
    column.data(out);
  }
}
