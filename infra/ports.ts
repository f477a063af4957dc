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

let next = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));

/**
 * The first of `count` ports in a row that nobody listens on now and that this process has not asked for before: they
 * may be kept for services that start later, or that are down.
 */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const port = next + count - 1 > LAST_PORT ? FIRST_PORT : next;
    next = port + count;
    if (await areFree(port, count)) return port;
  }
}

/** Nobody listens on any of `count` ports in a row, from `first` on. */
export async function areFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port++) if (!(await isFree(port))) return false;
  return true;
}
