/** For tests: the agent app and the tool service over real HTTP, and the spans that their SDK really exports. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildAgentApp } from './agent-app/app.ts';
import { Journal } from './live/journal.ts';
import { LiveWorld } from './live/world.ts';
import type { Slots } from './slots.ts';
import { startTelemetry } from './telemetry.ts';
import { buildToolService, type ToolDefaults } from './tool-service/app.ts';

interface Attribute {
  key: string;
  value: {
    stringValue?: string;
    intValue?: number | string;
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

export interface Agents {
  readonly agent: ReturnType<typeof buildAgentApp>;
  readonly tools: ReturnType<typeof buildToolService>;
  /** The pools of the runs that go on. */
  readonly pools: Set<Slots>;
  readonly folder: string;
  /** Every span that came, of whatever trace. */
  received(): Promise<readonly JsonSpan[]>;
  /** Runs a workflow; gives its answer (of a stream all lines in one) and its spans as the receiver got them. */
  spansOf(url: string): Promise<{ answer: Record<string, unknown>; spans: JsonSpan[] }>;
  close(): Promise<void>;
}

/** Agents of the mesh `m1` and a receiver of OTLP JSON; one a process, since the SDK is the process's. */
export async function startAgents(defaults: ToolDefaults = { delayMs: 5, errorRate: 0 }): Promise<Agents> {
  const received: JsonSpan[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as {
      resourceSpans: { scopeSpans: { spans: JsonSpan[] }[] }[];
    };
    for (const resource of body.resourceSpans)
      for (const scope of resource.scopeSpans) received.push(...scope.spans);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const telemetry = startTelemetry({
    serviceName: 'test-app',
    instanceId: 'one',
    endpoint: `http://127.0.0.1:${port}`,
    exportDelayMs: 50,
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'ati-agents-'));
  const tools = buildToolService(defaults);
  const toolUrl = await tools.listen({ host: '127.0.0.1', port: 0 });
  const journal = new Journal(path.join(folder, 'checkpoints', 'agent.journal'));
  const pools = new Set<Slots>();
  const world = new LiveWorld(toolUrl, journal);
  const agent = buildAgentApp({ world, toolDelayMs: 5, agentPrefix: 'm1', pools });

  const flushed = async () => {
    await telemetry.flush();
    return received;
  };
  return {
    agent,
    tools,
    pools,
    folder,
    received: flushed,
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
export const attribute = (span: JsonSpan, key: string) =>
  span.attributes.find((each) => each.key === key)?.value;
export const text = (span: JsonSpan, key: string) => attribute(span, key)?.stringValue;
export const start = (span: JsonSpan) => BigInt(span.startTimeUnixNano);
export const end = (span: JsonSpan) => BigInt(span.endTimeUnixNano);
/** The spans below one, in order of start (and, within a millisecond, of end). */
export const childrenOf = (spans: readonly JsonSpan[], parent: JsonSpan) =>
  spans
    .filter((span) => span.parentSpanId === parent.spanId)
    .sort((a, b) => Number(start(a) - start(b)) || Number(end(a) - end(b)));
