import { createServer } from 'node:net';

/** Below the range from which Linux takes the ports of outgoing connections. */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_767;

/** Can this process listen there? */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port that nobody listens on now. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port, host)) return port;
  }
}
