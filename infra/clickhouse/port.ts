/** The ClickHouse port: all that ATI asks of ClickHouse, and nothing of the client library behind it. */

export interface ClickHouseOptions {
  /** http(s)://host:port */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** PEM of the authority that signed its certificate; default: those that Node knows. */
  readonly ca?: Buffer;
  readonly database?: string;
  /** Milliseconds without a byte either way after which a request has failed, default 60,000. */
  readonly silenceMs?: number;
}

export interface QueryOptions {
  /** Bound server-side as {name:Type}. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly signal?: AbortSignal;
}

/** An error of the server: its code (60 = unknown table …) and its message without a stack. */
export class ClickHouseError extends Error {
  override readonly name = 'ClickHouseError';
  readonly code: number;
  /** The request may succeed later (no connection, timeout, memory, too many parts): retry; else it never will. */
  readonly retriable: boolean;

  constructor(message: string, code: number, retriable: boolean) {
    super(message);
    this.code = code;
    this.retriable = retriable;
  }
}

export interface ClickHouse {
  /** Rows of JSONEachRow; 64-bit integers are strings. Throws ClickHouseError. */
  query<Row = Record<string, unknown>>(sql: string, options?: QueryOptions): Promise<Row[]>;
  /** DDL and other statements without a result. */
  command(sql: string, options?: QueryOptions): Promise<void>;
  /**
   * Resolves once the rows are stored. `body` is all of them in `format`. Aborted by
   * `signal`, it rejects at once, and nobody knows whether the rows are stored.
   */
  insert(
    table: string,
    columns: readonly string[],
    format: 'RowBinary' | 'Native' | 'JSONEachRow',
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void>;
  /** The raw answer, for user SQL: bytes in `format` (JSON, CSV, …). */
  raw(
    sql: string,
    format: string,
    options?: QueryOptions,
  ): Promise<{ body: NodeJS.ReadableStream; contentType: string }>;
  /** True when ClickHouse answers within two seconds. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
