/**
 * Requests that carry records, on kafkajs's connections: it opens them, logs in, counts and times the requests. Its own
 * way to send one copies the whole body three times; ours gives the socket the pieces as they are.
 */
import { Reader } from '../embedded/wire/reader.ts';
import { Writer } from '../embedded/wire/writer.ts';
import type { Broker, BrokerConnection } from '../kafkajs.ts';

export interface RequestKind {
  readonly name: string;
  /** Kafka's number of it. */
  readonly key: number;
  /** Those that we can write and read; the greatest one that the broker knows too is used. */
  readonly versions: { readonly min: number; readonly max: number };
}

/**
 * Sends a request and resolves with the body of its answer, and with what says how long the broker asks us to wait before
 * the next one. `requestTimeoutMs` is a least time. Rejects with kafkajs's errors.
 */
export async function request(
  broker: Broker,
  { name, key, versions }: RequestKind,
  write: (out: Writer, version: number) => void,
  requestTimeoutMs?: number,
): Promise<{ body: Reader; version: number; throttle: (ms: number) => void }> {
  const range = Array.from({ length: versions.max - versions.min + 1 }, (_, i) => String(versions.min + i));
  const version = broker.lookupRequest(key, { versions: range, protocol: (found) => found.version });
  if (version < versions.min)
    throw new Error(`this Kafka is too old: its ${name} has the version ${version}`);
  try {
    const connection = await broker.connectionPool.getConnectionByRequest({ request: { apiKey: key } });
    await connection.authenticate();
    connection.failIfNotConnected();
    const correlationId = connection.nextCorrelationId();
    const out = new Writer().int16(key).int16(version).int32(correlationId).string(connection.clientId);
    write(out, version);
    const { payload } = await new Promise<{ payload: Buffer }>((resolve, reject) => {
      connection.requestQueue.push({
        entry: { apiKey: key, apiName: name, apiVersion: version, correlationId, resolve, reject },
        expectResponse: true,
        requestTimeout: requestTimeoutMs ?? null,
        sendRequest: () => sendTo(connection.socket, out),
      });
    });
    const throttle = (ms: number) => connection.requestQueue.maybeThrottle(ms);
    return { body: new Reader(payload), version, throttle };
  } catch (error) {
    if ((error as Error).name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
}

function sendTo(socket: BrokerConnection['socket'], out: Writer): void {
  const size = Buffer.allocUnsafe(4);
  size.writeInt32BE(out.size);
  socket.cork();
  socket.write(size);
  for (const piece of out.pieces()) socket.write(piece);
  socket.uncork();
}
