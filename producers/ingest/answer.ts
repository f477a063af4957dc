/**
 * The answers of OTLP/HTTP, in the encoding of the request: `ExportTraceServiceResponse` with 200, `google.rpc.Status`
 * with everything else (OTLP specification, "OTLP/HTTP Response").
 */
import type { Refusal } from './refusal.ts';
import { RPC_CODES } from './refusal.ts';

export type OtlpEncoding = 'protobuf' | 'json';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const CONTENT_TYPES: Record<OtlpEncoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** 200. `rejected` spans were dropped for good, because of `reason`; the others are on the log. */
export function exported(encoding: OtlpEncoding, rejected = 0, reason = ''): Answer {
  return { status: 200, headers: headersOf(encoding), body: exportBody(encoding, rejected, reason) };
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
        : Buffer.concat([varintField(1, code), bytesField(2, Buffer.from(message))]),
  };
}

function exportBody(encoding: OtlpEncoding, rejected: number, reason: string): Buffer {
  if (encoding === 'json') {
    if (rejected === 0) return Buffer.from('{}');
    // int64 is a string in the JSON mapping of protobuf.
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: reason };
    return Buffer.from(JSON.stringify({ partialSuccess }));
  }
  if (rejected === 0) return Buffer.alloc(0);
  return bytesField(1, Buffer.concat([varintField(1, rejected), bytesField(2, Buffer.from(reason))]));
}

const headersOf = (encoding: OtlpEncoding) => ({ 'content-type': CONTENT_TYPES[encoding] });

/** A protobuf varint field; `value` is a non-negative safe integer. */
function varintField(field: number, value: number): Buffer {
  return Buffer.from([field << 3, ...varint(value)]);
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
