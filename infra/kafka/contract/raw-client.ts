/** A Kafka connection without a client library: requests as the test writes them, one answer at a time. */
import { createConnection, type Socket } from 'node:net';
import { Frames } from '../embedded/server/frames.ts';
import { Reader } from '../embedded/wire/reader.ts';
import { Writer } from '../embedded/wire/writer.ts';

interface Waiting {
  readonly resolve: (body: Reader) => void;
  readonly reject: (error: Error) => void;
}

export class RawClient {
  readonly #socket: Socket;
  readonly #frames = new Frames();
  readonly #waiting: Waiting[] = [];
  #correlationId = 0;
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#frames.push(chunk) ?? []) {
        const body = new Reader(frame);
        body.int32(); // correlation id: answers come in the order of the requests
        this.#waiting.shift()?.resolve(body);
      }
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      this.closed = true;
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the broker closed the connection'));
    });
  }

  static connect(host: string, port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port }, () => resolve(new RawClient(socket)));
      socket.once('error', reject);
    });
  }

  /** Sends a request; resolves with the body of its answer, rejects when the connection is closed. */
  request(key: number, version: number, write: (body: Writer) => void): Promise<Reader> {
    const out = new Writer();
    write(
      out
        .int16(key)
        .int16(version)
        .int32(++this.#correlationId)
        .string('contract'),
    );
    const length = Buffer.alloc(4);
    length.writeInt32BE(out.size);
    return this.sendBytes(Buffer.concat([length, ...out.pieces()]));
  }

  /** Sends any bytes; resolves with the body of the next answer. */
  sendBytes(bytes: Buffer): Promise<Reader> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(bytes);
    });
  }

  /** Stops reading from the connection, until \`resume\`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}
