type Column = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** The column with room for `length` numbers, what it had in front. */
export function grown<C extends Column>(column: C, length: number): C {
  const longer = new (column.constructor as new (length: number) => C)(length);
  longer.set(column as never);
  return longer;
}
