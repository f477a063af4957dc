/** Stands where a server stood, hangs up on everyone, and counts them: how often clients come while it is away. */
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface Knocks {
  /** Connections, each with its moment of `performance.now()`. */
  readonly at: readonly number[];
  close(): Promise<void>;
}

export async function countKnocks(port: number): Promise<Knocks> {
  const at: number[] = [];
  const server = createServer((socket) => {
    at.push(performance.now());
    socket.on('error', () => undefined);
    socket.resetAndDestroy();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    at,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

/** Most within any second. */
export function busiestSecond(times: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last] - times[first] >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
