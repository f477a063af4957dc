/** Reads RowBinary by the types of the migrations: where a value ends. Written apart from the writer it is to check. */

/** The position after a value that begins at `at`. */
export type Skip = (bytes: Buffer, at: number) => number;

const FIXED: Record<string, number> = {
  Bool: 1,
  UInt8: 1,
  Int32: 4,
  UInt32: 4,
  DateTime: 4,
  Int64: 8,
  UInt64: 8,
  Float64: 8,
};

/** Of a type as it stands in SQL. One that is not known throws when a value of it is read: what only the engine computes never is. */
export function skipOf(type: string): Skip {
  const text = type.trim();
  const size = FIXED[text];
  if (size !== undefined) return (_, at) => at + size;
  if (text.startsWith('DateTime64(')) return (_, at) => at + 8;
  if (text === 'String') return skipString;
  const [, name, inner] = /^(\w+)\((.*)\)$/s.exec(text) ?? [];
  switch (name) {
    case 'LowCardinality':
      return skipOf(inner);
    case 'Array':
      return repeated([skipOf(inner)]);
    case 'Map':
      return repeated(parts(inner).map(skipOf));
    case 'Tuple': {
      const members = parts(inner).map((member) => skipOf(member.trim().replace(/^(`\w+`|\w+) /, '')));
      return (bytes, at) => members.reduce((end, skip) => skip(bytes, end), at);
    }
    default:
      return () => {
        throw new Error(`a type that the model does not know: ${text}`);
      };
  }
}

const skipString: Skip = (bytes, at) => {
  const [size, begin] = varint(bytes, at);
  return begin + size;
};

function repeated(skips: readonly Skip[]): Skip {
  return (bytes, at) => {
    let [count, end] = varint(bytes, at);
    for (; count > 0; count--) for (const skip of skips) end = skip(bytes, end);
    return end;
  };
}

function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 1, end = at; ; shift *= 128) {
    if (end >= bytes.length) throw new Error(`the rows end early, at byte ${end}`);
    const byte = bytes[end++];
    value += (byte & 0x7f) * shift;
    if (byte < 0x80) return [value, end];
  }
}

/** What stands between the commas that are not within brackets. */
export function parts(list: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === '(') depth++;
    else if (list[i] === ')') depth--;
    else if (list[i] === ',' && depth === 0) {
      found.push(list.slice(from, i));
      from = i + 1;
    }
  }
  return [...found, list.slice(from)];
}
