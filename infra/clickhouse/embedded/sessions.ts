/** Connections: a fresh one for each request, or a named session's, which lives until it has not been used for a while. */
import type { Connection } from './connection.ts';
import { EngineError } from './engine-error.ts';
import type { SessionRequest } from './request.ts';
import { Slots } from './slots.ts';

interface Session {
  readonly connection: Connection;
  /** A session's requests follow each other: the answer to one may be read before its connection is free again. */
  readonly turns: Slots;
  users: number;
  expiry: NodeJS.Timeout | undefined;
}

/** `shared`: the connection is used again, so the settings of this request must not stay on it. */
type Operation = (connection: Connection, shared: boolean) => Promise<void>;

const MAX_SESSIONS = 100;

export class Sessions {
  readonly #connect: () => Connection;
  readonly #sessions = new Map<string, Session>();

  constructor(connect: () => Connection) {
    this.#connect = connect;
  }

  /** Throws EngineError where the session is unknown and `check` asks for it, or there are too many. */
  async use(request: SessionRequest | undefined, operation: Operation): Promise<void> {
    if (request === undefined) {
      const connection = this.#connect();
      return operation(connection, false).finally(() => connection.close());
    }
    const session = this.#find(request);
    clearTimeout(session.expiry);
    session.users++;
    try {
      await session.turns.run(() => operation(session.connection, true));
    } finally {
      session.users--;
      if (session.users === 0) {
        session.expiry = setTimeout(() => this.#drop(request.id), request.timeout * 1000);
        session.expiry.unref();
      }
    }
  }

  /** No request may be under way. */
  close(): void {
    for (const id of [...this.#sessions.keys()]) this.#drop(id);
  }

  #find({ id, check }: SessionRequest): Session {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    if (check) throw new EngineError(372, 'SESSION_NOT_FOUND', `Session ${id} not found`);
    if (this.#sessions.size >= MAX_SESSIONS)
      throw new EngineError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `more than ${MAX_SESSIONS} sessions`);
    const session: Session = {
      connection: this.#connect(),
      turns: new Slots(1),
      users: 0,
      expiry: undefined,
    };
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
