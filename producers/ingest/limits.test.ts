/** Limits that the configuration sets reach what reads an export of traces. */
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { OPEN_ACCESS } from '#infra/access/access.ts';
import { readConfig } from '#infra/config.ts';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { encodeTraces, type OtlpSpan } from '#schemas/otlp/write.ts';
import { buildIngest, type Ingest } from './ingest.ts';
import { hasher } from './salt.ts';
import { spanBatch } from './testing.ts';

let built: Ingest | undefined;
afterEach(() => built?.app.close());

async function send(env: Record<string, string>, spans: readonly OtlpSpan[]) {
  const config = readConfig({ KAFKA_BROKERS: 'none:1', ...env });
  if (!config.ok) throw new Error(config.message);
  const records: OutgoingRecord[] = [];
  built = buildIngest({
    config: config.config,
    log: pino({ level: 'silent' }),
    producer: {
      async send(_topic, more) {
        records.push(...more);
        return [];
      },
    },
    ping: async () => true,
    access: OPEN_ACCESS,
    hashes: { prepare: async () => {}, hashOf: () => hasher(Buffer.from('salt')) },
    now: () => 1_700_000_000_000,
  });
  const answer = await built.app.inject({
    method: 'POST',
    url: '/v1/traces',
    headers: { 'content-type': 'application/x-protobuf' },
    payload: Buffer.from(encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] })),
  });
  return { status: answer.statusCode, text: answer.rawPayload.toString('latin1'), records };
}

const span = (id: number, given: Partial<OtlpSpan> = {}): OtlpSpan => ({
  ...{ traceId: 'a1'.repeat(16), spanId: id.toString(16).padStart(16, '0'), name: 'step' },
  ...{ startTimeUnixNano: 1n, endTimeUnixNano: 2n },
  ...given,
});

test('ATI_MAX_SPANS_PER_REQUEST: so many pass, one more is 400', async () => {
  const env = { ATI_MAX_SPANS_PER_REQUEST: '2' };
  expect(await send(env, [span(1), span(2)])).toMatchObject({ status: 200 });
  await built?.app.close();
  expect(await send(env, [span(1), span(2), span(3)])).toMatchObject({
    status: 400,
    text: expect.stringContaining('more than 2 spans'),
    records: [],
  });
});

test('ATI_MAX_ATTRIBUTES_PER_SPAN: so many are kept, the others are dropped and counted', async () => {
  const attributes = Object.fromEntries(
    ['ati.role', 'gen_ai.agent.name', 'gen_ai.tool.name', 'error.type'].map((key) => [key, 'x']),
  );
  const { status, records } = await send({ ATI_MAX_ATTRIBUTES_PER_SPAN: '3' }, [span(1, { attributes })]);
  expect(status).toBe(200);
  const { otlp } = spanBatch(records[0].value as Uint8Array);
  const kept = Object.keys(attributes).filter((key) => Buffer.from(otlp).includes(key));
  expect(kept).toEqual(['ati.role', 'gen_ai.agent.name', 'gen_ai.tool.name']);
});
