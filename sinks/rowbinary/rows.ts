/** Rows of one table that wait for their insert, in the format in which they are sent. */
export interface Rows {
  readonly format: 'RowBinary' | 'Native';
  /** Bytes so far; 0: no rows. Grows with every row. */
  readonly length: number;
  /** The body of an INSERT of all rows: valid until the next write. */
  body(): Uint8Array;
  clear(): void;
}
