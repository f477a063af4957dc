/** Why a request is not acknowledged: what the client is told. Never carries anything of the request's content. */
export interface Refusal {
  readonly status: RefusalStatus;
  readonly message: string;
  /** Seconds; with 429 and 503 only: the two statuses here after which OTLP lets a client retry. */
  readonly retryAfter?: number;
  /** For the log only. */
  readonly cause?: Error;
  /** More headers of the answer, such as Allow with 405. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Each status with its google.rpc.Code, as `Status.code` tells it. */
export const RPC_CODES = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 5, // NOT_FOUND
  405: 12, // UNIMPLEMENTED
  413: 3, // INVALID_ARGUMENT: the same body will never fit
  415: 3, // INVALID_ARGUMENT
  429: 8, // RESOURCE_EXHAUSTED
  500: 13, // INTERNAL
  503: 14, // UNAVAILABLE
} as const;

export type RefusalStatus = keyof typeof RPC_CODES;

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const refused = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal,
});

export const malformed = (message: string): Refusal => ({ status: 400, message });

export const tooLarge = (message: string): Refusal => ({ status: 413, message });

/** The client may send the same again, after a second or more. */
export const unavailable = (message: string, retryAfter = 1): Refusal => ({
  status: 503,
  message,
  retryAfter,
});

/** A bug of ours. */
export const INTERNAL_ERROR: Refusal = { status: 500, message: 'internal error' };
