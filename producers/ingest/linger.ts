/**
 * A request that is refused before its body was read. Closing at once would reset the connection, and the client,
 * still sending, would never see the answer; reading on without a bound would serve whoever announces a terabyte.
 */
import type { IncomingMessage } from 'node:http';

const LINGER_BYTES = 1 << 20;
const LINGER_MS = 1_000;
const CHECK_MS = 50;

/**
 * After the answer: lets Node discard what still comes, a little and for a short while, then closes the connection.
 * When the rest comes within the bounds, the connection can serve the next request.
 */
export function discardRest(request: IncomingMessage): void {
  const { socket } = request;
  if (request.complete || socket.destroyed) return;
  const bytes = socket.bytesRead + LINGER_BYTES;
  let checks = LINGER_MS / CHECK_MS;
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) clearInterval(timer);
    else if (--checks === 0 || socket.bytesRead > bytes) request.destroy(); // and its connection
  }, CHECK_MS);
}
