/** For tests: the agent app and the tool service over real HTTP, and what their SDK really exports. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { buildAgentApp } from './agent-app/app.ts';
import { Journal } from './live/journal.ts';
import { LiveWorld } from './live/world.ts';
import type { Slots } from './slots.ts';
import { observePools } from './telemetry/pools.ts';
import { startTelemetry } from './telemetry/start.ts';
import { buildToolService, type ToolDefaults } from './tool-service/app.ts';

interface Attribute {
  key: string;
  value: {
    stringValue?: string;
    intValue?: number | string;
    doubleValue?: number;
    arrayValue?: { values: { intValue: number }[] };
  };
}

/** As OTLP JSON has it. */
export interface JsonSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number };
}

/** As OTLP JSON has it; `from` is its resource. */
export interface JsonMetric {
  from: readonly Attribute[];
  name: string;
  unit: string;
  gauge?: { dataPoints: JsonPoint[] };
  sum?: { dataPoints: JsonPoint[]; isMonotonic: boolean };
  histogram?: { dataPoints: JsonPoint[] };
}

export interface JsonPoint {
  attributes: Attribute[];
  asInt?: number | string;
  asDouble?: number;
  count?: number | string;
  sum?: number;
}

export interface JsonLog {
  from: readonly Attribute[];
  eventName?: string;
  severityText?: string;
  severityNumber?: number;
  body?: unknown;
  attributes: Attribute[];
  traceId?: string;
  spanId?: string;
}

interface Resources {
  resource: { attributes: Attribute[] };
}
/** One of the three, by path. */
interface Body {
  resourceSpans?: (Resources & { scopeSpans: { spans: JsonSpan[] }[] })[];
  resourceMetrics?: (Resources & { scopeMetrics: { metrics: JsonMetric[] }[] })[];
  resourceLogs?: (Resources & { scopeLogs: { logRecords: JsonLog[] }[] })[];
}

/** What came, in order; of metrics each export anew. */
export interface Received {
  readonly spans: JsonSpan[];
  readonly metrics: JsonMetric[];
  readonly logs: JsonLog[];
}

export interface Receiver extends Received {
  /** Base URL. */
  readonly endpoint: string;
  close(): void;
}

/** A receiver of OTLP/HTTP in JSON, which takes everything. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received = { spans: [], metrics: [], logs: [] };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Body;
    if (request.url === '/v1/traces')
      for (const { scopeSpans } of body.resourceSpans ?? [])
        for (const scope of scopeSpans) received.spans.push(...scope.spans);
    else if (request.url === '/v1/metrics')
      for (const { resource, scopeMetrics } of body.resourceMetrics ?? [])
        for (const metric of scopeMetrics.flatMap((scope) => scope.metrics))
          received.metrics.push({ ...metric, from: resource.attributes });
    else if (request.url === '/v1/logs')
      for (const { resource, scopeLogs } of body.resourceLogs ?? [])
        for (const record of scopeLogs.flatMap((scope) => scope.logRecords))
          received.logs.push({ ...record, from: resource.attributes });
    else response.statusCode = 404;
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { ...received, endpoint: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

export interface Agents {
  readonly agent: ReturnType<typeof buildAgentApp>;
  readonly tools: ReturnType<typeof buildToolService>;
  readonly toolUrl: string;
  /** The pools of the runs that go on. */
  readonly pools: Set<Slots>;
  readonly folder: string;
  /** Every span that came, of whatever trace. */
  received(): Promise<readonly JsonSpan[]>;
  /** The metrics as they are now, from an export of their own. */
  metrics(): Promise<readonly JsonMetric[]>;
  /** Every log record that came. */
  logs(): Promise<readonly JsonLog[]>;
  /** Runs a workflow; gives its answer (of a stream all lines in one) and its spans as the receiver got them. */
  spansOf(url: string): Promise<{ answer: Record<string, unknown>; spans: JsonSpan[] }>;
  close(): Promise<void>;
}

/** Agents of the mesh `m1` and a receiver of OTLP JSON; one a process, since the SDK is the process's. */
export async function startAgents(defaults: ToolDefaults = { delayMs: 5, errorRate: 0 }): Promise<Agents> {
  const receiver = await startReceiver();
  const telemetry = startTelemetry({
    serviceName: 'test-app',
    instanceId: 'one',
    endpoint: receiver.endpoint,
    token: '',
    exportDelayMs: 50,
    metricsIntervalMs: 60_000, // when asked for
    log: pino({ level: 'silent' }),
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'ati-agents-'));
  const tools = buildToolService(defaults);
  const toolUrl = await tools.listen({ host: '127.0.0.1', port: 0 });
  const journal = new Journal(path.join(folder, 'checkpoints', 'agent.journal'));
  const pools = new Set<Slots>();
  observePools(() => [journal.queue, ...pools]);
  const world = new LiveWorld(toolUrl, journal);
  const agent = buildAgentApp({ world, toolDelayMs: 5, agentPrefix: 'm1', pools });

  const flushed = async () => {
    await telemetry.flush();
    return receiver.spans;
  };
  return {
    agent,
    tools,
    toolUrl,
    pools,
    folder,
    received: flushed,
    async metrics() {
      const before = receiver.metrics.length;
      await telemetry.flush();
      return receiver.metrics.slice(before);
    },
    async logs() {
      await telemetry.flush();
      return receiver.logs;
    },
    async spansOf(url) {
      const response = await agent.inject(url);
      if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode} ${response.body}`);
      const lines = response.body.trim().split('\n');
      const answer = Object.assign({}, ...lines.map((line) => JSON.parse(line) as object)) as Record<
        string,
        unknown
      >;
      const all = await flushed();
      return { answer, spans: all.filter((span) => span.traceId === answer.traceId) };
    },
    async close() {
      await agent.close();
      await journal.close();
      await tools.close();
      await telemetry.close();
      receiver.close();
      await rm(folder, { recursive: true });
    },
  };
}

export const named = (spans: readonly JsonSpan[], name: string) => spans.filter((span) => span.name === name);
interface Attributed {
  readonly attributes: readonly Attribute[];
}
export const attribute = (of: Attributed, key: string) =>
  of.attributes.find((each) => each.key === key)?.value;
export const text = (of: Attributed, key: string) => attribute(of, key)?.stringValue;
export const start = (span: JsonSpan) => BigInt(span.startTimeUnixNano);
export const end = (span: JsonSpan) => BigInt(span.endTimeUnixNano);
/** The spans below one, in order of start (and, within a millisecond, of end). */
export const childrenOf = (spans: readonly JsonSpan[], parent: JsonSpan) =>
  spans
    .filter((span) => span.parentSpanId === parent.spanId)
    .sort((a, b) => Number(start(a) - start(b)) || Number(end(a) - end(b)));
