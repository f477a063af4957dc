import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionOf } from '../murmur2.ts';
import { createAllowlist } from './allowlist.ts';
import { ATTRIBUTES_OF, forEachAttribute, spanEvents, spanLinks } from './attributes.ts';
import { SpanColumns } from './columns.ts';
import { convertTracesJson } from './json.ts';
import { poison } from './poison.ts';
import { skimSpans } from './skim.ts';
import { type SplitOptions, splitTraces } from './split.ts';
import { damage, embedded, traces } from './testing.ts';
import { otlpJson } from './testing-json.ts';
import { hex } from './wire.ts';
import {
  encodeTraces,
  type OtlpAttributes,
  type OtlpSpan,
  type OtlpTraces,
  type OtlpValue,
} from './write.ts';

const options: SplitOptions = {
  partitions: 3,
  allowlist: createAllowlist(),
  maxSpans: 10_000,
  maxAttributesPerSpan: 128,
  maxNesting: 8,
  hash: (value) => value.length.toString(16).padStart(64, '0'),
};

function partsOf(otlp: Uint8Array) {
  const result = splitTraces(otlp, options);
  if (!result.ok) throw new Error(result.reason);
  return result;
}

/** The allowlist of the generator's keys, written down a second time and on objects. */
function kept(attributes: OtlpAttributes | undefined): string[] {
  const pairs = (attributes ?? []) as readonly (readonly [string, OtlpValue])[];
  const plain = (value: OtlpValue) =>
    typeof value === 'string' && Buffer.byteLength(value) <= 256 && !/[\p{Cc}\u2028\u2029]/u.test(value);
  const number = (value: OtlpValue) =>
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    (typeof value === 'object' && value !== null && 'double' in value);
  return pairs
    .filter(([key, value]) => {
      if (key === 'service.name' || key === 'ati.role') return plain(value);
      if (key === 'gen_ai.usage.input_tokens' || key === 'http.response.status_code') return number(value);
      return false;
    })
    .map(([key, value]) => {
      const shown = typeof value === 'object' && value !== null && 'double' in value ? value.double : value;
      return `${key}=${String(shown)}`;
    });
}

const idHex = (id: Uint8Array | string | undefined) =>
  id === undefined ? '' : typeof id === 'string' ? id : Buffer.from(id).toString('hex');

/** What of a span must be found again, and no more: ids, times, kept attributes of it and of its resource. */
function expected(input: OtlpTraces): string[] {
  return input.resourceSpans
    .flatMap((group) =>
      (group.scopeSpans ?? []).flatMap((scope) =>
        (scope.spans ?? []).map((span: OtlpSpan) =>
          JSON.stringify([
            idHex(span.traceId),
            idHex(span.spanId),
            idHex(span.parentSpanId) || '0000000000000000',
            String(span.startTimeUnixNano),
            kept(span.attributes),
            kept(group.resource?.attributes),
            (span.links ?? []).map((link) => idHex(link.spanId)),
            (span.events ?? [])
              .filter((event) => event.name !== 'gen_ai.choice')
              .map((event) => [String(event.timeUnixNano ?? 0n), kept(event.attributes).length]),
          ]),
        ),
      ),
    )
    .sort();
}

function found(parts: readonly { otlp: Uint8Array; spanCount: number; partition: number }[]): string[] {
  return parts
    .flatMap(({ otlp, spanCount, partition }) => {
      const columns = new SpanColumns();
      expect(skimSpans(otlp, columns)).toEqual({ ok: true, added: spanCount });
      const list = (offset: number, length: number, field: number) => {
        const all: string[] = [];
        forEachAttribute(otlp, offset, length, field, (key, value) => all.push(`${key}=${String(value)}`));
        return all;
      };
      return Array.from({ length: columns.n }, (_, i) => {
        const trace = columns.traceId.slice(i * 16, i * 16 + 16);
        expect(partitionOf(trace, options.partitions)).toBe(partition);
        const start = (BigInt(columns.time[i * 4 + 1]) << 32n) | BigInt(columns.time[i * 4]);
        const span = [columns.spanOffset[i], columns.spanLength[i]] as const;
        return JSON.stringify([
          hex(trace, 0, 16),
          hex(columns.spanId, i * 8, i * 8 + 8),
          hex(columns.parentId, i * 8, i * 8 + 8),
          String(start),
          list(...span, ATTRIBUTES_OF.span),
          list(columns.resourceOffset[i], columns.resourceLength[i], ATTRIBUTES_OF.resource),
          spanLinks(otlp, ...span).map((link) => link.spanId),
          spanEvents(otlp, ...span).map((event) => [
            String(event.timeUnixNano),
            Object.keys(event.attributes).length,
          ]),
        ]);
      });
    })
    .sort();
}

/** Pairs with repeated keys are one attribute to a reader of events: the model counts them so too. */
const distinct = (input: OtlpTraces): OtlpTraces => ({
  resourceSpans: input.resourceSpans.map((group) => ({
    ...group,
    scopeSpans: group.scopeSpans?.map((scope) => ({
      ...scope,
      spans: scope.spans?.map((span) => ({
        ...span,
        events: span.events?.map((event) => ({
          ...event,
          attributes: [
            ...new Map((event.attributes ?? []) as readonly (readonly [string, OtlpValue])[]).entries(),
          ],
        })),
      })),
    })),
  })),
});

test('nothing is lost, nothing is invented, everything is where its trace id belongs', () => {
  fc.assert(
    fc.property(traces, (generated) => {
      const input = distinct(generated);
      const result = partsOf(embedded(encodeTraces(input)));
      expect(found(result.parts)).toEqual(expected(input));
      expect(result.rejected).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('what has passed the door passes it again unchanged', () => {
  fc.assert(
    fc.property(traces, (input) => {
      for (const { otlp, partition } of partsOf(encodeTraces(input)).parts) {
        const again = partsOf(otlp);
        expect(again.parts.map((part) => part.partition)).toEqual([partition]);
        expect(Buffer.from(again.parts[0].otlp).equals(otlp)).toBe(true);
        expect(Object.values(again.dropped).every((count) => count === 0)).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

test('damaged bodies: parts that can be read, or an error value; what surrounds the body makes no difference', () => {
  fc.assert(
    fc.property(traces, damage, (input, break_) => {
      const bytes = break_(encodeTraces(input));
      const result = splitTraces(embedded(bytes), options);
      expect(result).toEqual(splitTraces(bytes.slice(), options));
      if (!result.ok) expect(result.reason).toMatch(/ at byte \d+$/);
      else expect(found(result.parts)).toHaveLength(result.accepted);
    }),
    { numRuns: 600 },
  );
});

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), (bytes) => {
      const result = splitTraces(embedded(bytes), options);
      expect(result).toEqual(splitTraces(bytes, options));
      if (result.ok) expect(found(result.parts)).toHaveLength(result.accepted);
    }),
    { numRuns: 1000 },
  );
});

const CANARY = 'the secret canary 4711';

/** The input with the canary in every place that is not a listed name. */
function withCanaries(input: OtlpTraces): OtlpTraces {
  const all: OtlpAttributes = [
    ['private.note', CANARY],
    [CANARY, 1],
    ['gen_ai.input.messages', [CANARY]],
    ['gen_ai.tool.call.arguments', { kvlist: { [CANARY]: CANARY } }],
    ['input.value', CANARY],
    ['service.name', { kvlist: { name: { kvlist: { deep: [CANARY] } } } }],
    ['service.version', [CANARY]],
    ['ati.role', `${CANARY}\nsecond line`],
    ['service.namespace', `${CANARY}${'x'.repeat(256)}`],
    ['gen_ai.usage.input_tokens', CANARY],
    ['ati.stream.token_offsets_ms', [1, CANARY]],
    ['gen_ai.response.finish_reasons', [[CANARY]]],
    ['gen_ai.agent.name', Buffer.from(CANARY)],
  ];
  const plus = (attributes: OtlpAttributes | undefined): OtlpAttributes => [
    ...((attributes ?? []) as readonly (readonly [string, OtlpValue])[]),
    ...all,
  ];
  return {
    resourceSpans: input.resourceSpans.map((group) => ({
      schemaUrl: `https://x/?${CANARY}`,
      resource: { attributes: plus(group.resource?.attributes) },
      scopeSpans: group.scopeSpans?.map((scope) => ({
        schemaUrl: CANARY,
        scope: { name: `${CANARY}\n`, version: `${CANARY}\n`, attributes: plus(scope.scope?.attributes) },
        spans: scope.spans?.map((span) => ({
          ...span,
          name: `${CANARY}\n`,
          traceState: `a=${CANARY}`,
          attributes: plus(span.attributes),
          status: { code: 2, message: CANARY },
          events: [
            ...(span.events ?? []),
            { name: CANARY, attributes: plus([]) },
            { name: 'gen_ai.user.message', attributes: plus([]) },
          ],
          links: [{ traceId: span.traceId, spanId: span.spanId, traceState: CANARY, attributes: plus([]) }],
        })),
      })),
    })),
  };
}

test('content in no place of an export passes', () => {
  fc.assert(
    fc.property(traces, fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (input, places) => {
      const otlp = encodeTraces(withCanaries(input));
      let i = 0;
      for (const bytes of [otlp, poison(otlp, CANARY, () => places[i++ % places.length])]) {
        const result = partsOf(bytes);
        expect(found(result.parts)).toHaveLength(result.accepted);
        expect(result.rejected).toBe(0);
        for (const part of result.parts) expect(Buffer.from(part.otlp).includes('canary')).toBe(false);
        expect(JSON.stringify(result.dropped)).not.toContain('canary');
      }
    }),
    { numRuns: 100 },
  );
});

test('the same export in protobuf and in JSON gives the same parts, byte for byte', () => {
  fc.assert(
    fc.property(traces, (input) => {
      const converted = convertTracesJson(Buffer.from(otlpJson(input)), options);
      if (!converted.ok) throw new Error(converted.reason);
      const otlp = encodeTraces(input);
      expect(Buffer.from(converted.otlp).equals(otlp)).toBe(true);
      expect(partsOf(converted.otlp)).toEqual(partsOf(otlp));
    }),
    { numRuns: 200 },
  );
});
