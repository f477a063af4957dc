/** Connections: a fresh one for each request, or a named session's, which lives until it has not been used for a while. */
import type { Connection } from './connection.ts';
import { EngineError } from './engine-error.ts';
import type { SessionRequest } from './request.ts';

interface Session {
  readonly connection: Connection;
  busy: boolean;
  expiry: NodeJS.Timeout | undefined;
}

export interface Lease {
  readonly connection: Connection;
  /** True: the settings of this request must not stay on the connection. */
  readonly shared: boolean;
  release(): void;
}

const MAX_SESSIONS = 100;

export class Sessions {
  readonly #connect: () => Connection;
  readonly #sessions = new Map<string, Session>();

  constructor(connect: () => Connection) {
    this.#connect = connect;
  }

  /** Throws EngineError: the session is in use by another request, or unknown and `check` asks for it. */
  lease(request: SessionRequest | undefined): Lease {
    if (request === undefined) {
      const connection = this.#connect();
      return { connection, shared: false, release: () => connection.close() };
    }
    const session = this.#find(request);
    clearTimeout(session.expiry);
    session.busy = true;
    const release = () => {
      session.busy = false;
      session.expiry = setTimeout(() => this.#drop(request.id), request.timeout * 1000);
      session.expiry.unref();
    };
    return { connection: session.connection, shared: true, release };
  }

  close(): void {
    for (const id of [...this.#sessions.keys()]) this.#drop(id);
  }

  #find({ id, check }: SessionRequest): Session {
    const known = this.#sessions.get(id);
    if (known?.busy)
      throw new EngineError(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client`);
    if (known !== undefined) return known;
    if (check) throw new EngineError(372, 'SESSION_NOT_FOUND', `Session ${id} not found`);
    if (this.#sessions.size >= MAX_SESSIONS)
      throw new EngineError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `more than ${MAX_SESSIONS} sessions`);
    const session: Session = { connection: this.#connect(), busy: false, expiry: undefined };
    this.#sessions.set(id, session);
    return session;
  }

  #drop(id: string): void {
    const session = this.#sessions.get(id);
    clearTimeout(session?.expiry);
    this.#sessions.delete(id);
    session?.connection.close();
  }
}
