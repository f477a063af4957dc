import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TopicKey, topicName } from '#infra/topics.ts';
import type { IncidentEvent, TraceSummary } from '#schemas/events.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually, exportUntilAcknowledged } from '../support/otlp-client.ts';
import { toOtlpJson } from '../support/otlp-json.ts';
import { eventsOf } from '../support/topics.ts';
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
