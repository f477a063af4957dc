/**
 * A request that is refused before its body was read. Closing at once would reset the connection, and the client,
 * still sending, would never see the answer; reading on without a bound would serve whoever announces a terabyte.
 */
import type { IncomingMessage } from 'node:http';

const LINGER_BYTES = 1 << 20;
const LINGER_MS = 1_000;

/** After the answer: discards what still comes, a little and for a short while, then closes the connection. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let discarded = 0;
  const close = () => {
    clearTimeout(timer);
    request.off('data', onData);
    request.socket.destroy();
  };
  const onData = (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > LINGER_BYTES) close();
  };
  const timer = setTimeout(close, LINGER_MS);
  request.on('data', onData).on('error', close);
  // The rest came within the bounds: the connection can serve the next request.
  request.once('end', () => clearTimeout(timer));
  request.resume();
}
