/** Exports that carry content wherever an instrumentation might put it; each place has a canary of its own name. */
import { poison } from '#schemas/otlp/poison.ts';
import {
  encodeTraces,
  type OtlpAttributes,
  type OtlpSpan,
  type OtlpTraces,
  type OtlpValue,
} from '#schemas/otlp/write.ts';
import { encodeLogs, type OtlpLogs } from '#schemas/otlp/write-logs.ts';
import { encodeMetrics, type OtlpMetrics } from '#schemas/otlp/write-metrics.ts';
import { exportOf, fanoutTrace, type MadeTrace } from '../support/workload.ts';

/** In every canary; in no name of ours. */
export const CANARY = 'canary7f3a9c';

/** Two lines, so that it is content wherever a short line would be a name. */
export const secret = (place: string) => `${CANARY} in ${place}: the patient said\nkeep this to yourself`;
/** One line, in places where nothing of a text passes. */
const line = (place: string) => `${CANARY}-${place}`;
const nested = (place: string): OtlpValue => ({
  kvlist: { role: 'user', parts: { kvlist: { text: [secret(place)] } } },
});

/** Of a span, resource, scope, event, link, point or log record: every type of value, under keys of every kind. */
export function loud(place: string): OtlpAttributes {
  return [
    ['gen_ai.input.messages', secret(`${place} input`)],
    ['gen_ai.output.messages', nested(`${place} output`)],
    ['gen_ai.prompt', line(`${place}-prompt`)],
    ['gen_ai.prompt.0.content', line(`${place}-indexed`)],
    ['llm.input_messages', [nested(`${place} list`)]],
    ['input.value', line(`${place}-input.value`)],
    ['gen_ai.tool.call.arguments', JSON.stringify({ query: line(`${place}-arguments`) })],
    ['db.query.text', `SELECT '${line(place)}'`],
    ['user.email', `${CANARY}@example.org`],
    ['http.request.header.authorization', [`Bearer ${CANARY}`]],
    ['baggage', `user=${CANARY}`],
    ['exception.message', line(`${place}-exception`)],
    ['exception.stacktrace', secret(`${place} stack`)],
    ['some.bytes', Buffer.from(line(`${place}-bytes`))],
    ['some.list', [line(`${place}-list`), 1, true]],
    // An allowed key: of another type, too long, of two lines; and twice, the second time as it should not be.
    ['gen_ai.agent.name', nested(`${place} typed`)],
    ['gen_ai.agent.name', 'researcher'],
    ['gen_ai.agent.name', secret(`${place} again`)],
    ['gen_ai.tool.name', `${line(place)} ${'x'.repeat(300)}`],
    ['gen_ai.usage.input_tokens', line(`${place}-number`)],
    ['gen_ai.response.finish_reasons', [secret(`${place} reason`)]],
    // Keys that are content themselves.
    [line(`${place}-key`), 1],
    [secret(`${place} key`), 'x'],
    [`gen_ai.agent.name ${CANARY}`, 'x'],
  ];
}

/** Twice: an attribute with an unknown field in it does not pass, and one of the two may get it (see `BYTES`). */
const called = (service: string) => [['service.name', service] as const, ['service.name', service] as const];

export interface Talkative {
  readonly trace: MadeTrace;
  readonly traces: OtlpTraces;
}

/** A workflow of twelve spans, as loud as can be. */
export function talkative(name: string): Talkative {
  const made = fanoutTrace(name, Date.now() - 5_000, 5, 5, 20);
  const spans = made.spans.map(
    (span, i): OtlpSpan => ({
      ...span,
      name: i === 3 ? secret('name') : i === 4 ? `${line('long-name')} ${'y'.repeat(150)}` : span.name,
      traceState: `vendor=${CANARY}`,
      attributes: [
        ...Object.entries(span.attributes as Record<string, string>),
        ...(loud('span') as readonly (readonly [string, OtlpValue])[]),
      ],
      events: [
        { timeUnixNano: 1n, name: 'gen_ai.content.prompt', attributes: loud('message event') },
        { timeUnixNano: 2n, name: secret('event name') },
        {
          timeUnixNano: 3n,
          name: 'exception',
          attributes: [
            ['exception.type', 'ValueError'],
            ...(loud('exception') as readonly (readonly [string, OtlpValue])[]),
          ],
        },
      ],
      links: [
        { traceId: made.traceId, spanId: 'aa'.repeat(8), traceState: line('link'), attributes: loud('link') },
        { traceId: Buffer.from(CANARY), spanId: Buffer.from(CANARY.slice(0, 8)) },
      ],
      status: { code: 2, message: secret('status') },
    }),
  );
  const [group] = exportOf(spans, name).resourceSpans;
  const [scopeSpans] = group.scopeSpans ?? [];
  const traces: OtlpTraces = {
    resourceSpans: [
      {
        resource: {
          attributes: [...called(name), ...(loud('resource') as readonly (readonly [string, OtlpValue])[])],
        },
        schemaUrl: `https://example.org/?q=${line('schema')}`,
        scopeSpans: [
          {
            ...scopeSpans,
            scope: { name: secret('scope name'), version: secret('version'), attributes: loud('scope') },
            schemaUrl: secret('scope schema'),
          },
        ],
      },
      // A service whose name is content.
      { resource: { attributes: { 'service.name': secret('service.name') } }, scopeSpans: [{ spans: [] }] },
    ],
  };
  return { trace: { traceId: made.traceId, spans }, traces };
}

const times = { startTimeUnixNano: 1_700_000_000_000_000_000n, timeUnixNano: 1_700_000_001_000_000_000n };
const resource = { attributes: loud('resource') };
const scope = { name: secret('scope name'), version: secret('version'), attributes: loud('scope') };

export function loudMetrics(service: string): OtlpMetrics {
  const exemplars = [
    {
      timeUnixNano: 1n,
      asInt: 3n,
      filteredAttributes: loud('exemplar'),
      traceId: Buffer.from(CANARY),
      spanId: Buffer.from(CANARY),
    },
  ];
  const point = { ...times, attributes: loud('point'), exemplars };
  const named = { description: secret('description'), unit: secret('unit'), metadata: loud('metadata') };
  return {
    resourceMetrics: [
      {
        resource: {
          attributes: [
            ...called(service),
            ...(loud('resource') as readonly (readonly [string, OtlpValue])[]),
          ],
        },
        scopeMetrics: [
          {
            scope,
            metrics: [
              { name: secret('metric name'), ...named, gauge: { dataPoints: [{ ...point, asInt: 4n }] } },
              {
                name: 'calls',
                ...named,
                sum: { aggregationTemporality: 2, dataPoints: [{ ...point, asDouble: 1.5 }] },
              },
              { name: 'duration', ...named, histogram: { dataPoints: [{ ...point, count: 1n, sum: 2 }] } },
              {
                name: 'delay',
                ...named,
                exponentialHistogram: { dataPoints: [{ ...point, count: 1n, scale: 0 }] },
              },
              {
                name: 'old',
                ...named,
                summary: { dataPoints: [{ ...times, attributes: loud('summary'), count: 1n }] },
              },
            ],
          },
        ],
      },
    ],
  };
}

/** Five points. */
export const METRIC_POINTS = 5;

export function loudLogs(service: string): OtlpLogs {
  const record = {
    ...times,
    severityNumber: 9,
    attributes: loud('record'),
    observedTimeUnixNano: times.timeUnixNano,
  };
  return {
    resourceLogs: [
      {
        resource: {
          attributes: [
            ...called(service),
            ...(loud('resource') as readonly (readonly [string, OtlpValue])[]),
          ],
        },
        scopeLogs: [
          {
            scope,
            logRecords: [
              {
                ...record,
                body: secret('body'),
                severityText: secret('severity'),
                eventName: secret('event name'),
              },
              { ...record, body: nested('body'), traceId: Buffer.from(CANARY), spanId: Buffer.from(CANARY) },
              { ...record, body: Buffer.from(secret('bytes of a body')) },
            ],
          },
        ],
      },
      { resource, scopeLogs: [] },
    ],
  };
}

/** Three records. */
export const LOG_RECORDS = 3;

/** Every fifth message, another in each of the first five exports: of all of them the bodies would be bombs. */
let exports = 0;
function here(): () => boolean {
  let message = exports++;
  return () => message++ % 5 === 0;
}

/** In protobuf, with unknown fields and known ones of a wrong type in messages at every depth. */
export const BYTES = {
  traces: (traces: OtlpTraces) => poison(encodeTraces(traces), secret('unknown field'), here()),
  metrics: (metrics: OtlpMetrics) =>
    poison(encodeMetrics(metrics), secret('unknown field'), here(), 'metrics'),
  logs: (logs: OtlpLogs) => poison(encodeLogs(logs), secret('unknown field'), here(), 'logs'),
};

/** A group (wire types 3 and 4), which proto3 does not have: it could hold anything. */
export function group(): Buffer {
  const text = Buffer.from(secret('group'));
  return Buffer.concat([Buffer.from([0x0b, 0x12, text.length]), text, Buffer.from([0x0c])]);
}
