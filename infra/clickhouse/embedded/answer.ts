/** The answer to one request: headers, compression, back-pressure, and an error in the middle of a stream. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { type Coding, compressor } from './coding.ts';
import { EngineError, httpStatusOf } from './engine-error.ts';

export interface Summary {
  readonly written: boolean;
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
}

export class Answer {
  readonly #response: ServerResponse;
  readonly #coding: Coding | undefined;
  readonly #tag = randomBytes(8).toString('hex');
  readonly #gone = new AbortController();
  #out: Writable;

  constructor(response: ServerResponse, coding: Coding | undefined) {
    this.#response = response;
    this.#coding = coding;
    this.#out = response;
    response.once('close', () => {
      if (!response.writableFinished) this.#gone.abort();
    });
  }

  /** The client closed the connection before the end. */
  get gone(): boolean {
    return this.#gone.signal.aborted;
  }

  onGone(listener: () => void): void {
    if (this.gone) listener();
    else this.#gone.signal.addEventListener('abort', listener, { once: true });
  }

  summary({ written, rows, bytes, seconds }: Summary): void {
    const value = {
      read_rows: String(rows),
      read_bytes: String(bytes),
      written_rows: written ? String(rows) : '0',
      written_bytes: written ? String(bytes) : '0',
      total_rows_to_read: '0',
      result_rows: String(rows),
      result_bytes: String(bytes),
      elapsed_ns: String(Math.round(seconds * 1e9)),
    };
    this.#response.setHeader('X-ClickHouse-Summary', JSON.stringify(value));
  }

  begin(format: string, contentType: string): void {
    this.#response.setHeader('X-ClickHouse-Format', format);
    this.#response.setHeader('Content-Type', contentType);
    if (this.#coding === undefined) return;
    this.#response.setHeader('Content-Encoding', this.#coding);
    const compressing = compressor(this.#coding);
    compressing.pipe(this.#response);
    this.#out = compressing;
  }

  finish(bytes?: Uint8Array): void {
    if (bytes === undefined || bytes.length === 0) this.#out.end();
    else this.#out.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** An error before the first piece is thrown, a later one becomes the end of the answer. */
  async stream(pieces: AsyncGenerator<Uint8Array>, format: string, contentType: string): Promise<void> {
    const first = await pieces.next();
    this.#response.setHeader('X-ClickHouse-Exception-Tag', this.#tag);
    this.begin(format, contentType);
    try {
      if (!first.done) await this.#write(first.value);
      for await (const piece of pieces) {
        if (this.gone) break;
        await this.#write(piece);
      }
      this.finish();
    } catch (error) {
      this.#out.end(exceptionBlock(this.#tag, EngineError.from(error).message));
    }
  }

  fail(error: EngineError): void {
    if (this.#response.headersSent || this.gone) {
      this.#response.destroy();
      return;
    }
    this.#response.removeHeader('Content-Encoding');
    this.#response.writeHead(httpStatusOf(error.code), {
      'X-ClickHouse-Exception-Code': String(error.code),
      'Content-Type': 'text/plain; charset=UTF-8',
    });
    this.#response.end(`${error.message}\n`);
  }

  async #write(piece: Uint8Array): Promise<void> {
    // The engine's memory: it is free again at the next fetch.
    if (this.#out.write(Buffer.from(piece)) || this.gone) return;
    await once(this.#out, 'drain', { signal: this.#gone.signal }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }
}

/** How ClickHouse (25.11 on) marks an error in an answer whose status has already been sent. */
export function exceptionBlock(tag: string, message: string): string {
  const text = `${message.trimEnd()}\n`;
  return `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
}
