/** For tests: exports, and what is on a log. */

import type { Access, Principal } from '#infra/access/access.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { SpanBatch } from '#schemas/events.ts';
import type { OtlpSpan, OtlpTraces } from '#schemas/otlp/write.ts';

/** Text that must never get past the door. */
export const CANARY = 'canary-7f3a';

const hexId = (i: number, digits: number) => (i + 1).toString(16).padStart(digits, '0');

/**
 * `traces` traces of `perTrace` spans with every kind of field, in their order, so that JSON has them so, too; secrets
 * wherever clients put them.
 */
export function exampleTraces(traces: number, perTrace: number, from = 0): OtlpTraces {
  const spans: OtlpSpan[] = [];
  for (let t = 0; t < traces; t++) {
    for (let s = 0; s < perTrace; s++) {
      spans.push(
        span(
          hexId(from + t, 32),
          hexId((from + t) * 1000 + s, 16),
          s === 0 ? undefined : hexId((from + t) * 1000, 16),
        ),
      );
    }
  }
  return {
    resourceSpans: [
      {
        resource: { attributes: { 'service.name': 'agent', 'user.email': CANARY } },
        scopeSpans: [{ scope: { name: 'test', version: '1.2.3' }, spans }],
      },
    ],
  };
}

function span(traceId: string, spanId: string, parentSpanId: string | undefined): OtlpSpan {
  return {
    traceId,
    spanId,
    traceState: `k=${CANARY}`,
    parentSpanId,
    name: parentSpanId === undefined ? `summarise\n${CANARY}` : 'tool_call',
    kind: 1,
    startTimeUnixNano: 1_700_000_000_000_000_000n,
    endTimeUnixNano: 1_700_000_000_080_000_000n,
    attributes: {
      'ati.role': 'tool',
      'gen_ai.tool.name': 'search',
      'gen_ai.usage.input_tokens': 12,
      'ati.stream.token_offsets_ms': [0, 50, 100],
      'gen_ai.input.messages': `[{"role":"user","content":"${CANARY}"}]`,
      'gen_ai.tool.call.arguments': `{"q":"${CANARY}"}`,
      'my.own': { kvlist: { nested: [CANARY] } },
    },
    events: [
      { timeUnixNano: 1n, name: 'gen_ai.user.message', attributes: { content: CANARY } },
      {
        timeUnixNano: 2n,
        name: 'exception',
        attributes: { 'exception.type': 'E', 'exception.message': CANARY },
      },
    ],
    links: [{ traceId, spanId: hexId(1, 16), traceState: CANARY, attributes: { why: CANARY } }],
    status: { message: `no ticket for ${CANARY}`, code: 2 },
  };
}

/** The SpanBatch of a record of ati.spans. */
export function spanBatch(value: Uint8Array | null): SpanBatch {
  const decoded = decodeAs('SpanBatch', value ?? Buffer.alloc(0));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

const principals: Readonly<Record<string, Principal>> = {
  'Bearer a': { name: 'a', tenant: 'tenant-a', scopes: new Set(['ingest']) },
  'Bearer b': { name: 'b', tenant: 'tenant-b', scopes: new Set(['ingest']) },
  'Bearer reader': { name: 'reader', tenant: 'tenant-a', scopes: new Set(['read']) },
};

/** `Bearer a` and `Bearer b` may send for tenant-a and tenant-b, `Bearer reader` may not. */
export const TWO_TENANTS: Access = {
  required: true,
  authenticate(authorization = '') {
    const principal = principals[authorization];
    return principal ? { ok: true, principal } : { ok: false, reason: 'a bearer token is needed' };
  },
};
