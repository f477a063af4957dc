/**
 * One client's connection: requests are handled one after the other, as Kafka does, and answered in order. The
 * next one waits until the answer before it has left, so a slow reader holds one answer, not all of them.
 */
import type { Socket } from 'node:net';
import type { Answer } from '../api/api.ts';
import { writeApiVersions } from '../api/api-versions.ts';
import { APIS } from '../api/table.ts';
import type { Broker } from '../broker.ts';
import { CODE } from '../wire/codes.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { Frames } from './frames.ts';

const FETCH = 1;
const API_VERSIONS = 18;
/** Requests waiting on one connection before nothing more is read from it. */
const MAX_WAITING = 16;

export class Connection {
  readonly #socket: Socket;
  readonly #broker: Broker;
  readonly #frames = new Frames();
  readonly #waiting: Buffer[] = [];
  readonly #peer: string;
  #busy = false;
  #hurry: (() => void) | undefined;

  constructor(socket: Socket, broker: Broker) {
    this.#socket = socket;
    this.#broker = broker;
    this.#peer = socket.remoteAddress ?? 'unknown';
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => broker.log.debug({ err: error, peer: this.#peer }, 'connection failed'));
    socket.on('close', () => {
      this.#waiting.length = 0;
      this.#hurry?.();
    });
  }

  #receive(chunk: Buffer): void {
    const frames = this.#frames.push(chunk);
    if (frames === undefined) {
      this.#refuse('not a Kafka request, or larger than the limit');
      return;
    }
    this.#waiting.push(...frames);
    if (this.#waiting.length > MAX_WAITING) this.#socket.pause();
    // Behind a long poll nothing should wait for long, a heartbeat least of all; another fetch can.
    if (this.#waiting.some((frame) => frame.readInt16BE(0) !== FETCH)) this.#hurry?.();
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let frame = this.#waiting.shift(); frame; frame = this.#waiting.shift()) {
        if (this.#socket.isPaused() && this.#waiting.length <= MAX_WAITING / 2) this.#socket.resume();
        if (!(await this.#handle(frame))) return;
      }
    } catch (error) {
      // A bug of ours: this connection pays for it, the others go on.
      this.#broker.log.error({ err: error, peer: this.#peer }, 'request failed');
      this.#socket.destroy();
    } finally {
      this.#busy = false;
    }
  }

  /** False when the connection has been closed. */
  async #handle(frame: Buffer): Promise<boolean> {
    const header = new Reader(frame);
    const key = header.int16();
    const version = header.int16();
    const correlationId = header.int32();
    const api = APIS.get(key);
    if (api === undefined) return this.#refuse(`no API has the key ${key}`);
    if (version < api.min || version > api.max) {
      if (key !== API_VERSIONS) return this.#refuse(`${api.name} version ${version} is not supported`);
      return this.#send(correlationId, (out) =>
        writeApiVersions(out, [...APIS.values()], 0, CODE.UNSUPPORTED_VERSION),
      );
    }
    const clientId = header.nullableString() ?? '';
    if (header.failed) return this.#refuse(`${api.name}: the request header is cut short`);
    const handled = api.handle({
      broker: this.#broker,
      version,
      body: header,
      clientId,
      clientHost: `/${this.#peer}`,
      onHurry: (run) => {
        this.#hurry = run;
        if (this.#socket.destroyed || this.#waiting.some((next) => next.readInt16BE(0) !== FETCH)) run();
      },
    });
    if (handled === 'malformed')
      return this.#refuse(`${api.name} version ${version}: the request is malformed`);
    const answer = handled instanceof Promise ? await handled : handled;
    this.#hurry = undefined;
    return answer === 'silent' || this.#send(correlationId, answer);
  }

  async #send(correlationId: number, answer: Answer): Promise<boolean> {
    const socket = this.#socket;
    if (socket.destroyed) return false;
    const out = new Writer();
    answer(out.int32(correlationId));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(out.size);
    socket.cork();
    socket.write(length);
    for (const piece of out.pieces()) socket.write(piece);
    socket.uncork();
    if (socket.writableNeedDrain) await drained(socket);
    return !socket.destroyed;
  }

  #refuse(reason: string): false {
    this.#broker.log.warn({ peer: this.#peer, reason }, 'connection closed');
    this.#socket.destroy();
    return false;
  }
}

/** Resolves when the socket takes more, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
