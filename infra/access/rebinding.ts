/**
 * Where there are no tokens, a name is what keeps web pages out. A page of `evil.example` may let that name resolve to
 * 127.0.0.1 (DNS rebinding): its requests are then of the same origin, so it may read answers and send JSON. But they
 * say `Host: evil.example`, which a browser lets no page change.
 */
import { isIPv4 } from 'node:net';

/** A bracketed address, or a name; then a port. */
const HOST = /^(\[[\da-f:.]+\]|[^:]*)(?::\d{1,5})?$/i;
/** Reserved (RFC 6761, ICANN): nobody can have such a name in the public DNS. */
const RESERVED = /\.(localhost|internal)$/i;

/**
 * Whether a `Host` header holds what a stranger's web page cannot be served under: an address, a name without a dot
 * (`localhost`, a container's), or one that the public DNS does not have. Undefined: no browser sent it.
 */
export function isOwnHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = HOST.exec(host)?.[1];
  if (name === undefined || name === '') return false;
  return name.startsWith('[') || isIPv4(name) || !name.includes('.') || RESERVED.test(name);
}
