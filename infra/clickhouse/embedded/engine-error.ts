/** An error as ClickHouse reports it: `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: number;

  /** `message` without code and name: those are put around it. */
  constructor(code: number, type: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}. (${type})`);
    this.code = code;
  }

  /** From whatever the addon threw. */
  static from(error: unknown): EngineError {
    if (error instanceof EngineError) return error;
    const text = (error instanceof Error ? error.message : String(error))
      .replace(/^Query failed: /, '')
      .trim();
    const code = /^Code: (\d+)\./.exec(text)?.[1];
    // The standard library's own exceptions (STD_EXCEPTION, or no code at all) say it in words only.
    if ((code === undefined || code === '1001') && text.includes('No space left on device'))
      return new EngineError(243, 'NOT_ENOUGH_SPACE', text);
    if (code === undefined)
      return new EngineError(1002, 'UNKNOWN_EXCEPTION', text || 'the engine gave no reason');
    const wrapped = new EngineError(Number(code), '', '');
    wrapped.message = text;
    return wrapped;
  }
}

/** HTTP status by ClickHouse error code, as ClickHouse's HTTP handler answers. */
const STATUS: ReadonlyMap<number, number> = new Map(
  (
    [
      [401, [194, 516]],
      [403, [192, 193, 291, 497]],
      // malformed: literals, types, syntax, arguments
      [
        400,
        [
          6, 26, 27, 36, 38, 41, 42, 43, 47, 48, 53, 62, 69, 70, 72, 85, 107, 117, 130, 131, 133, 167, 168,
          427,
        ],
      ],
      // unknown: table, function, database, setting, format …
      [404, [46, 50, 56, 60, 63, 73, 78, 79, 81, 115, 141, 372, 511]],
      [408, [159]],
      [413, [223]],
      [501, [48]],
      [503, [202, 209]],
    ] as [number, number[]][]
  ).flatMap(([status, codes]) => codes.map((code) => [code, status] as const)),
);

export function httpStatusOf(code: number): number {
  return STATUS.get(code) ?? 500;
}
