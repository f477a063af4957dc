/**
 * Who may do what. A bearer token names a principal: one tenant, and what may be done with its data.
 *
 * Without tokens there is one tenant and whoever reaches a port may do everything; services then bind to loopback alone.
 */

/** `ingest`: send telemetry. `read`: query and subscribe. `operate`: acknowledge, mute, delete. */
export const SCOPES = ['ingest', 'read', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];

/** The tenant where there are no tokens. */
export const DEFAULT_TENANT = 'default';

export interface Principal {
  /** The token's name, for logs; never the token. */
  readonly name: string;
  /** Whose data it is: all that this principal writes, reads or changes. */
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
}

export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  /** `reason` is for the client: it names no token and tells no unknown one from a revoked one. */
  | { readonly ok: false; readonly reason: string };

export interface Access {
  /** False: there are no tokens. */
  readonly required: boolean;
  /** True: where there are no tokens, a request may come under any name (`Host`); else under ours alone: rebinding.ts. */
  readonly anyHost?: boolean;
  /** Whom the value of an `Authorization` header names. */
  authenticate(authorization: string | undefined): Authentication;
}

const ANYBODY: Principal = { name: 'anybody', tenant: DEFAULT_TENANT, scopes: new Set(SCOPES) };

/** Without tokens: everybody is the default tenant. */
export const OPEN_ACCESS: Access = {
  required: false,
  authenticate: () => ({ ok: true, principal: ANYBODY }),
};
