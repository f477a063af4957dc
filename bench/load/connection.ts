/** One keep-alive connection that posts bodies, one at a time: no HTTP library, so that the load stays cheap. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

export interface Answered {
  readonly status: number;
  /** Bytes of its body. */
  readonly body: Buffer;
}

export interface Post {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const HEAD_END = Buffer.from('\r\n\r\n');

export class PostConnection {
  readonly #socket: Socket;
  readonly #head: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve(answer: Answered): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket, head: string) {
    this.#socket = socket;
    this.#head = head;
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#look();
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server has closed the connection')));
  }

  static async open({ host, port, path, headers }: Post): Promise<PostConnection> {
    const socket = createConnection({ host, port, noDelay: true });
    await once(socket, 'connect');
    const lines = Object.entries({ host: `${host}:${port}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    return new PostConnection(socket, `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\ncontent-length: `);
  }

  /** The answer to a body, which must not change before it. Rejects when the connection breaks. */
  post(body: Buffer): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.cork();
      this.#socket.write(`${this.#head}${body.length}\r\n\r\n`, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  /** Answers as the doors give them: with a Content-Length, or 204 and the like without a body. */
  #look(): void {
    const end = this.#received.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const from = end + HEAD_END.length;
    if (this.#received.length < from + length) return;
    const body = this.#received.subarray(from, from + length);
    this.#received = this.#received.subarray(from + length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
