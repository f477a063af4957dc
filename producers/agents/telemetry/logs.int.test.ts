import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALLOWED_ATTRIBUTES } from '#schemas/otlp/allowlist-table.ts';
import { type Agents, attribute, type JsonLog, named, startAgents, text } from '../testing.ts';

let agents: Agents;
beforeAll(async () => {
  agents = await startAgents();
});
afterAll(() => agents.close());

/** The records of one trace by name, without what the SDK puts beside. */
async function recordsOf(traceId: unknown, eventName: string): Promise<readonly JsonLog[]> {
  const all = await agents.logs();
  return all.filter((record) => record.traceId === traceId && record.eventName === eventName);
}
const keys = ({ attributes }: JsonLog) => attributes.map(({ key }) => key).sort();

test('a run ends with one record, in the context of its root span', async () => {
  const { answer, spans } = await agents.spansOf('/run?scenario=fanout&fanout=4&concurrency=2&delay_ms=1');
  const [ended, ...others] = await recordsOf(answer.traceId, 'ati.workflow.ended');
  expect(others).toEqual([]);
  expect(ended.spanId).toBe(named(spans, 'workflow')[0].spanId);
  expect([ended.severityText, ended.severityNumber]).toEqual(['INFO', 9]);
  expect(text({ attributes: ended.from }, 'service.name')).toBe('test-app');
  expect(text({ attributes: ended.from }, 'service.instance.id')).toBe('one');
  expect(keys(ended)).toEqual([
    'ati.scenario',
    'ati.workflow.duration_ms',
    'ati.workflow.tool_calls',
    'ati.workflow.tool_errors',
  ]);
  expect(text(ended, 'ati.scenario')).toBe('fanout');
  expect(attribute(ended, 'ati.workflow.tool_calls')).toEqual({ intValue: 4 });
  expect(attribute(ended, 'ati.workflow.tool_errors')).toEqual({ intValue: 0 });
  expect(await recordsOf(answer.traceId, 'ati.tool.failed')).toEqual([]);
});

test('a stream too', async () => {
  const { answer, spans } = await agents.spansOf('/stream?duration_s=1');
  const records = await recordsOf(answer.traceId, 'ati.workflow.ended');
  expect(records.map(({ spanId }) => spanId)).toEqual([named(spans, 'workflow')[0].spanId]);
});

test('each failure of a tool is a warning in the context of its server span', async () => {
  const { answer, spans } = await agents.spansOf(
    '/run?scenario=retry&fanout=30&concurrency=30&delay_ms=1&error_rate=0.2&max_retries=1&seed=3',
  );
  const failed = await recordsOf(answer.traceId, 'ati.tool.failed');
  expect(failed).toHaveLength(answer.toolErrors as number);
  expect(failed.length).toBeGreaterThan(0);
  const servers = named(spans, 'GET /tool/:name').filter((span) => span.status.code === 2);
  expect(new Set(failed.map(({ spanId }) => spanId))).toEqual(new Set(servers.map(({ spanId }) => spanId)));
  for (const record of failed) {
    expect(record.severityText).toBe('WARN');
    expect(keys(record)).toEqual(['error.type', 'gen_ai.tool.name', 'http.response.status_code']);
    expect(text(record, 'gen_ai.tool.name')).toBe('flaky');
    expect(attribute(record, 'http.response.status_code')).toEqual({ intValue: 503 });
  }
  // The workflow itself came to its end.
  const [ended] = await recordsOf(answer.traceId, 'ati.workflow.ended');
  expect(ended.severityText).toBe('INFO');
  expect(attribute(ended, 'ati.workflow.tool_errors')).toEqual({ intValue: failed.length });
});

test('a call that was asked for wrongly is no failure of the tool', async () => {
  const before = (await agents.logs()).length;
  expect((await agents.tools.inject('/tool/search?nope=1')).statusCode).toBe(400);
  expect(await agents.logs()).toHaveLength(before);
});

test('no record has a body, and all that metrics, logs and spans carry passes the door', async () => {
  const logs = await agents.logs();
  // An absent body is an empty value in OTLP JSON.
  expect(logs.filter(({ body }) => JSON.stringify(body ?? {}) !== '{}')).toEqual([]);
  const points = (await agents.metrics()).flatMap(
    ({ gauge, sum, histogram }) => (gauge ?? sum ?? histogram)?.dataPoints ?? [],
  );
  const exact = new Map(ALLOWED_ATTRIBUTES.map(({ key, type }) => [key, type]));
  for (const { attributes } of [...(await agents.received()), ...points, ...logs])
    for (const { key, value } of attributes) {
      if (value.stringValue !== undefined) expect([key, exact.get(key)]).toEqual([key, 'string']);
      else expect(exact.has(key) || key.startsWith('ati.')).toBe(true);
    }
});

// The last one: it takes the tools away.
test('a run that fails is a warning with the class of its error, and so is its duration', async () => {
  await agents.tools.close();
  const response = await agents.agent.inject('/run?scenario=chain&depth=3');
  expect(response.statusCode).toBe(502);
  const failed = (await agents.logs()).filter(({ severityText, eventName }) => {
    return severityText === 'WARN' && eventName === 'ati.workflow.ended';
  });
  expect(failed).toHaveLength(1);
  expect(text(failed[0], 'ati.scenario')).toBe('chain');
  expect(text(failed[0], 'error.type')).toBe('ToolUnreachable');
  expect(JSON.stringify(failed[0])).not.toContain('ECONNREFUSED');
  const root = named(await agents.received(), 'workflow').find(({ spanId }) => spanId === failed[0].spanId);
  expect(root?.traceId).toBe(failed[0].traceId);
  const durations = (await agents.metrics()).find(({ name }) => name === 'gen_ai.workflow.duration');
  const [point] = durations!.histogram!.dataPoints.filter((each) => text(each, 'ati.scenario') === 'chain');
  expect(text(point, 'error.type')).toBe('ToolUnreachable');
  expect(Number(point.count)).toBe(1);
});
