/**
 * The answers of OTLP/HTTP, in the encoding of the request: `Export<Signal>ServiceResponse` with 200, `google.rpc.Status`
 * with everything else (OTLP specification, "OTLP/HTTP Response").
 */
import { ProtoWriter } from '#schemas/otlp/write.ts';
import type { Refusal } from './refusal.ts';
import { RPC_CODES } from './refusal.ts';
import { SIGNALS, type Signal } from './signals.ts';

export type OtlpEncoding = 'protobuf' | 'json';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const CONTENT_TYPES: Record<OtlpEncoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** Tags (field number × 8 + wire type), the same for every signal. */
const RESPONSE = { partialSuccess: 0x0a } as const;
const PARTIAL_SUCCESS = { rejected: 0x08, errorMessage: 0x12 } as const;
const STATUS = { code: 0x08, message: 0x12 } as const;

/** 200. `rejected` items were dropped for good, because of `reason`; the others are on the log. */
export function exported(signal: Signal, encoding: OtlpEncoding, rejected = 0, reason = ''): Answer {
  return { status: 200, headers: headersOf(encoding), body: exportBody(signal, encoding, rejected, reason) };
}

/** 4xx or 5xx with a `Status` body. */
export function refusal(encoding: OtlpEncoding, { status, message, retryAfter, headers }: Refusal): Answer {
  const code = RPC_CODES[status];
  return {
    status,
    headers: {
      ...headersOf(encoding),
      ...headers,
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body:
      encoding === 'json'
        ? Buffer.from(JSON.stringify({ code, message }))
        : new ProtoWriter().varint(STATUS.code, code).string(STATUS.message, message).finish(),
  };
}

function exportBody(signal: Signal, encoding: OtlpEncoding, rejected: number, reason: string): Uint8Array {
  if (encoding === 'json') {
    if (rejected === 0) return Buffer.from('{}');
    // int64 is a string in the JSON mapping of protobuf.
    const partialSuccess = { [SIGNALS[signal].rejectedField]: String(rejected), errorMessage: reason };
    return Buffer.from(JSON.stringify({ partialSuccess }));
  }
  if (rejected === 0) return Buffer.alloc(0);
  const w = new ProtoWriter();
  w.message(RESPONSE.partialSuccess, () => {
    w.varint(PARTIAL_SUCCESS.rejected, rejected).string(PARTIAL_SUCCESS.errorMessage, reason);
  });
  return w.finish();
}

const headersOf = (encoding: OtlpEncoding) => ({ 'content-type': CONTENT_TYPES[encoding] });
