import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TOPICS, type TopicKey, topicName } from '#infra/topics.ts';
import type { IncidentEvent, TraceSummary } from '#schemas/events.ts';
import type { OtlpSpan, OtlpTraces } from '#schemas/otlp/write.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually, exportUntilAcknowledged } from '../support/otlp-client.ts';
import { toOtlpJson } from '../support/otlp-json.ts';
import { eventsOf, recordsOf } from '../support/topics.ts';
import { exportOf, fanoutTrace, type MadeTrace } from '../support/workload.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(async () => {
  await installation?.stop();
  await installation?.remove();
});

const topic = (key: TopicKey) => topicName(key, installation.config.ATI_TOPIC_PREFIX);

async function summaryOf({ traceId, spans }: MadeTrace): Promise<TraceSummary> {
  return eventually(`the summary of ${traceId}`, async () => {
    const all = await eventsOf(installation.kafka, topic('traces'), 'TraceSummary');
    return all.find((each) => each.traceId === traceId && each.spanCount === spans.length);
  });
}

describe('an export in protobuf and the same in JSON', () => {
  test('give the same rows and the same incidents', async () => {
    // The same spans under two trace ids, so that neither is a duplicate of the other.
    const start = Date.now() - 5_000;
    const protobuf = fanoutTrace('protobuf', start);
    const json = { ...protobuf, traceId: fanoutTrace('json', start).traceId };
    const jsonSpans = protobuf.spans.map((span) => ({ ...span, traceId: json.traceId }));
    await exportUntilAcknowledged(installation.ingestUrl, exportOf(protobuf.spans));
    const response = await fetch(`${installation.ingestUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(toOtlpJson(exportOf(jsonSpans))),
    });
    expect([response.status, await response.json()]).toEqual([200, {}]);

    const content = ({ findings, path: segments, nodes, edges, durationNs }: TraceSummary) => ({
      findings,
      segments,
      nodes,
      edges,
      durationNs,
    });
    const [a, b] = [await summaryOf(protobuf), await summaryOf({ ...json, spans: jsonSpans })];
    expect(a.findings.map(({ kind }) => kind)).toEqual(['fanout_collapse']);
    expect(content(b)).toEqual(content(a));

    const columns = 'EXCEPT (TraceId, ReceivedAt)';
    const rows = (traceId: string) =>
      eventually(`the rows of ${traceId}`, async () => {
        const found = await installation.clickhouse.query(
          `SELECT * ${columns} FROM otel_traces FINAL WHERE TraceId = {id:String} ORDER BY SpanId`,
          { params: { id: traceId } },
        );
        return found.length === protobuf.spans.length ? found : undefined;
      });
    expect(await rows(json.traceId)).toEqual(await rows(protobuf.traceId));

    // Both traces belong to one incident: its identity holds no trace id, time or value.
    const incident = await eventually('the incident', async () => {
      const events: IncidentEvent[] = await eventsOf(installation.kafka, topic('incidents'), 'IncidentEvent');
      return events.find(({ kind }) => kind === 'fanout_collapse');
    });
    expect(incident.incidentId).toBe(a.findings[0].incidentId);
  });
});

describe('content never passes the door', () => {
  const CANARY = 'canary-7f3a9c';
  const secret = (place: string) => `${CANARY} the patient in ${place} said:\nplease keep this to yourself`;

  /** A workflow that carries prompts wherever an agent's instrumentation might put them. */
  function talkative(): MadeTrace {
    const made = fanoutTrace('talkative', Date.now() - 5_000, 4, 4, 20);
    const spans = made.spans.map(
      (span, i): OtlpSpan => ({
        ...span,
        name: i === 3 ? secret('name') : span.name,
        traceState: `vendor=${CANARY}`,
        attributes: {
          ...(span.attributes as Record<string, string>),
          'gen_ai.input.messages': secret('input'),
          'gen_ai.output.messages': secret('output'),
          'gen_ai.prompt': secret('prompt'),
          'llm.input_messages': { kvlist: { role: 'user', content: secret('kvlist') } } as const,
          'input.value': secret('input.value'),
          'gen_ai.tool.call.arguments': JSON.stringify({ query: secret('arguments') }),
          'db.query.text': `SELECT '${CANARY}'`,
          'user.email': `${CANARY}@example.org`,
          'some.list': [secret('list'), secret('list')],
        },
        events: [
          {
            timeUnixNano: 1n,
            name: 'gen_ai.content.prompt',
            attributes: { 'gen_ai.prompt': secret('event') },
          },
          { timeUnixNano: 2n, name: secret('event name') },
          {
            timeUnixNano: 3n,
            name: 'exception',
            attributes: {
              'exception.type': 'ValueError',
              'exception.message': secret('exception'),
              'exception.stacktrace': secret('stack'),
            },
          },
        ],
        links: [{ traceId: made.traceId, spanId: 'aa'.repeat(8), attributes: { note: secret('link') } }],
        status: { code: 2, message: secret('status') },
      }),
    );
    return { traceId: made.traceId, spans };
  }

  test('a canary in every place is in no topic, no table, no log and no file', async () => {
    const trace = talkative();
    const request: OtlpTraces = exportOf(trace.spans, 'talkative');
    const [resource] = request.resourceSpans;
    Object.assign(resource.resource as object, {
      attributes: { ...(resource.resource?.attributes as object), 'customer.note': secret('resource') },
    });
    Object.assign(resource.scopeSpans?.[0]?.scope as object, { attributes: { note: secret('scope') } });
    await exportUntilAcknowledged(installation.ingestUrl, request);
    // Bytes that no reader understands get 400 and are not kept either.
    const broken = await fetch(`${installation.ingestUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"resourceSpans": "${CANARY}`,
    });
    expect(broken.status).toBe(400);
    expect(await broken.text()).not.toContain(CANARY);

    const summary = await summaryOf(trace);
    expect(summary.rootOperation).toBe('workflow');
    await eventually('the rows', async () => {
      const rows = await installation.clickhouse.query(
        'SELECT 1 FROM otel_traces FINAL WHERE TraceId = {id:String}',
        { params: { id: trace.traceId } },
      );
      return rows.length === trace.spans.length ? rows : undefined;
    });

    for (const key of Object.keys(TOPICS) as TopicKey[]) {
      for (const { key: recordKey, value } of await recordsOf(installation.kafka, topic(key))) {
        expect(recordKey).not.toContain(CANARY);
        expect(value.includes(CANARY), `${TOPICS[key].name} holds content`).toBe(false);
      }
    }
    const tables = await installation.clickhouse.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT LIKE '%View'",
    );
    expect(tables.length).toBeGreaterThan(3);
    for (const { name } of tables) {
      const rows = await installation.clickhouse.query(`SELECT * FROM ${name} LIMIT 100000`);
      expect(JSON.stringify(rows).includes(CANARY), `table ${name} holds content`).toBe(false);
    }
    // The engine removes parts and spooled bodies all the time: a pass in which a file went away is done again, whole.
    await eventually('a pass over every file', async () => {
      try {
        for (const file of filesBelow(installation.config.ATI_DATA_DIR))
          expect(readFileSync(file).includes(CANARY), `${file} holds content`).toBe(false);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    });
  });
});

function filesBelow(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const file = path.join(dir, name);
    // The engine merges and removes parts all the time.
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    if (stat.isDirectory()) return filesBelow(file);
    return stat.isFile() ? [file] : [];
  });
}
