import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Attributes, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { inSpan, propagationHeaders } from '../telemetry.ts';

export interface RunOptions {
  /** Base URL of the tool service. */
  readonly toolUrl: string;
  /** Prefix of agent names. */
  readonly agentPrefix: string;
  /** Folder where checkpoints are written. */
  readonly checkpointDir: string;
  /** Makes tool failures repeatable; without one they are random. */
  readonly seed?: number;
}

export interface ToolCall {
  readonly tool: string;
  readonly delayMs: number;
  readonly errorRate?: number;
  /** Which call of the run it is, from 0. */
  readonly call: number;
  /** From 0; later ones are retries. */
  readonly attempt?: number;
}

/** One workflow run: the agents, tools and checkpoints that a scenario is made of. One trace a run. */
export class Run {
  readonly options: RunOptions;
  toolCalls = 0;
  toolErrors = 0;

  constructor(options: RunOptions) {
    this.options = options;
  }

  /** The root span; `work` gets it for its trace id. */
  workflow<T>(scenario: string, work: (span: Span) => Promise<T>): Promise<T> {
    const attributes = {
      ...this.#agent('workflow', `${scenario}-workflow`),
      'ati.scenario': scenario,
    };
    return inSpan('workflow', { attributes, root: true }, work);
  }

  planner<T>(attributes: Attributes, work: () => Promise<T>): Promise<T> {
    return inSpan('planner', { attributes: { ...this.#agent('planner', 'planner'), ...attributes } }, work);
  }

  /** A unit of work of one agent: starts when the work is offered, not when a slot is free. */
  worker<T>(agent: string, work: () => Promise<T>): Promise<T> {
    return inSpan('worker', { attributes: this.#agent('worker', agent) }, work);
  }

  tokenStream<T>(attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
    const all = { ...this.#agent('stream', 'writer'), 'gen_ai.operation.name': 'chat', ...attributes };
    return inSpan('token_stream', { attributes: all }, work);
  }

  /** One attempt at a tool call over HTTP; true when the tool answered with success. */
  toolCall(call: ToolCall): Promise<boolean> {
    const { tool, delayMs, errorRate = 0, attempt = 0 } = call;
    const attributes: Attributes = {
      'ati.role': 'tool',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
      'http.request.method': 'GET',
      ...(attempt > 0 && { 'http.request.resend_count': attempt }),
    };
    return inSpan('tool_call', { kind: SpanKind.CLIENT, attributes }, async (span) => {
      this.toolCalls++;
      const url = new URL(`/tool/${tool}`, this.options.toolUrl);
      url.searchParams.set('delay_ms', String(delayMs));
      url.searchParams.set('error_rate', String(errorRate));
      if (this.options.seed !== undefined) {
        url.searchParams.set('seed', String(this.options.seed));
        url.searchParams.set('call', String(call.call));
        url.searchParams.set('attempt', String(attempt));
      }
      const response = await fetch(url, { headers: propagationHeaders() });
      await response.arrayBuffer();
      span.setAttribute('http.response.status_code', response.status);
      if (response.ok) return true;
      this.toolErrors++;
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', String(response.status));
      return false;
    });
  }

  /** Persists a little state: a real write and fsync. */
  checkpoint(name: string, state: Record<string, number | string>): Promise<void> {
    const attributes = { 'ati.role': 'checkpoint', 'ati.checkpoint.name': name };
    return inSpan('checkpoint', { attributes }, async (span) => {
      const body = `${JSON.stringify(state)}\n`;
      await mkdir(this.options.checkpointDir, { recursive: true });
      const file = path.join(this.options.checkpointDir, `${span.spanContext().spanId}.json`);
      const handle = await open(file, 'w');
      try {
        await handle.writeFile(body);
        await handle.sync();
      } finally {
        await handle.close();
        await rm(file);
      }
      span.setAttribute('ati.checkpoint.bytes', Buffer.byteLength(body));
    });
  }

  #agent(role: string, name: string): Attributes {
    const prefix = this.options.agentPrefix;
    return {
      'ati.role': role,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': prefix === '' ? name : `${prefix}-${name}`,
    };
  }
}
