import { createServer, type Server, type Socket } from 'node:net';
import type { Broker } from '../broker.ts';
import { Connection } from './connection.ts';

export interface Listening {
  readonly port: number;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** Serves the broker on loopback, and only there. Rejects with the system's error (EADDRINUSE …). */
export async function listen(broker: Broker, port: number): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    new Connection(socket, broker);
  });
  const host = '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  broker.host = host;
  broker.port = typeof address === 'object' && address !== null ? address.port : port;
  return { port: broker.port, close: () => close(server, sockets) };
}

function close(server: Server, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
