/**
 * One connection to the engine: one operation at a time, its own settings and temporary tables.
 *
 * A request gets a fresh one (0.1 ms), since a connection runs its queries one after the other and, after a query
 * that failed half-way, puts the rows that query had made in front of the next one's answer.
 */
import { EngineError } from './engine-error.ts';
import type { Addon, ConnectionHandle, NativeResult } from './native.ts';
import type { Slots } from './slots.ts';

export class Connection {
  readonly #addon: Addon;
  readonly #slots: Slots;
  #handle: ConnectionHandle | undefined;
  #stale = false;

  constructor(addon: Addon, slots: Slots, path: string) {
    this.#addon = addon;
    this.#slots = slots;
    this.#handle = addon.CreateConnection(path, []);
  }

  get #open(): ConnectionHandle {
    if (this.#handle === undefined)
      throw new EngineError(1002, 'UNKNOWN_EXCEPTION', 'the connection is closed');
    return this.#handle;
  }

  /** Runs `sql` to its end; the whole answer is in memory. Throws EngineError. */
  async query(sql: string, format: string): Promise<NativeResult> {
    return this.#slots.run(async () => {
      await this.#dropStaleOutput();
      try {
        return await this.#addon.QueryAsyncConnection(this.#open, sql, format);
      } catch (error) {
        this.#stale = true;
        throw EngineError.from(error);
      }
    });
  }

  /** Statements in `sql` and what they do (see Addon); does not run them. */
  async classify(sql: string): Promise<{ statementCount: number; queryClass: number }> {
    return this.#slots.run(() => this.#addon.DurableClassifyAsync(this.#open, sql, 'default'));
  }

  /**
   * The answer in pieces, made as they are asked for. Only for queries whose analysis is quick: it blocks the event
   * loop (see `streaming.ts`). A slot is held while a piece is made, not while a slow client reads it.
   */
  async *stream(sql: string, format: string): AsyncGenerator<Uint8Array, void> {
    await this.#slots.run(() => this.#dropStaleOutput());
    let stream: ReturnType<Addon['StreamQuery']> | undefined;
    try {
      stream = this.#addon.StreamQuery(this.#open, sql, format);
      for (;;) {
        const started = stream;
        const piece = await this.#slots.run(() => this.#addon.StreamFetch(started));
        if (piece.done) break;
        yield piece.bytes;
      }
      stream = undefined;
    } catch (error) {
      stream = undefined;
      this.#stale = true;
      throw EngineError.from(error);
    } finally {
      // Left early by the reader: no fetch is under way, so it can be destroyed.
      if (stream !== undefined) this.#addon.StreamCancel(stream);
    }
  }

  close(): void {
    if (this.#handle === undefined) return;
    this.#addon.CloseConnection(this.#handle);
    this.#handle = undefined;
  }

  async #dropStaleOutput(): Promise<void> {
    if (!this.#stale) return;
    await this.#addon.QueryAsyncConnection(this.#open, 'SELECT 1 FORMAT Null', 'Null');
    this.#stale = false;
  }
}
