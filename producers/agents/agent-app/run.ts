import { type Attributes, SpanKind } from '@opentelemetry/api';
import { Slots } from '../slots.ts';
import type { ActiveSpan, World } from '../world.ts';

export interface RunOptions {
  /** Prefix of agent names. */
  readonly agentPrefix: string;
  /** Decides everything that is left to chance: which tool calls fail, which branch is slow. */
  readonly seed: number;
  /** Aborted: the run starts no further work and ends in order. */
  readonly signal?: AbortSignal;
  /** Where the run's pools stand while it runs: for whoever measures their occupancy and queues. */
  readonly pools?: Set<Slots>;
}

export interface ToolCall {
  readonly tool: string;
  readonly delayMs: number;
  /** Default: the tool's own rate. */
  readonly errorRate?: number;
  /** Which call of the run it is, from 0. */
  readonly call: number;
  /** From 0; later ones are retries. */
  readonly attempt?: number;
  /** Which of the call's chances decides whether it fails; by default the attempt's own. */
  readonly chance?: number;
  /** Bytes that it answers with; its span tells how many came. */
  readonly payloadBytes?: number;
  /** At which they come; 0: as fast as they go. */
  readonly mbPerS?: number;
}

/** The model that chats name; there is none. */
const MODEL = 'synthetic-1';

/** One workflow run: the agents, tools and checkpoints that a scenario is made of. One trace a run. */
export class Run {
  readonly world: World;
  readonly options: RunOptions;
  toolCalls = 0;
  toolErrors = 0;
  /** Durations of the tool calls and waits for a slot, ms. */
  readonly callMs: number[] = [];
  readonly waitMs: number[] = [];
  readonly #stopping: Promise<void> | undefined;
  #scenario: string | undefined;

  constructor(world: World, options: RunOptions) {
    this.world = world;
    this.options = options;
    const { signal } = options;
    this.#stopping =
      signal && new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** True: start no further work. */
  get stopped(): boolean {
    return this.options.signal?.aborted === true;
  }

  /** Waits, or until the run is to stop. */
  async pause(ms: number): Promise<void> {
    if (this.stopped) return;
    const wait = this.world.wait(ms);
    await (this.#stopping === undefined ? wait : Promise.race([wait, this.#stopping]));
  }

  /** The root span; `work` gets it for its trace id. */
  workflow<T>(scenario: string, work: (span: ActiveSpan) => Promise<T>): Promise<T> {
    this.#scenario = scenario;
    const attributes = {
      ...this.#agent('workflow', `${scenario}-workflow`),
      'ati.scenario': scenario,
    };
    return this.world.inSpan('workflow', { attributes, root: true }, work);
  }

  planner<T>(attributes: Attributes, work: () => Promise<T>): Promise<T> {
    const all = { ...this.#agent('planner', 'planner'), 'gen_ai.operation.name': 'plan', ...attributes };
    return this.world.inSpan('planner', { attributes: all }, work);
  }

  /** A unit of work of one agent: starts when the work is offered, not when a slot is free. */
  worker<T>(agent: string, work: () => Promise<T>): Promise<T> {
    return this.world.inSpan('worker', { attributes: this.#agent('worker', agent) }, work);
  }

  /** One attempt (from 0) at calling another agent, which tells by its answer whether it has done its work. */
  callAgent(name: string, attempt: number, work: () => Promise<boolean>): Promise<boolean> {
    const agent = this.#agent('agent', name);
    const attributes = { ...agent, ...(attempt > 0 && { 'ati.attempt': attempt + 1 }) };
    return this.world.inSpan(`invoke_agent ${agent['gen_ai.agent.name']}`, { attributes }, async (span) => {
      const done = await work();
      if (!done) span.fail('agent_gave_up');
      return done;
    });
  }

  /** A call of a model, which takes `ms`. */
  chat(ms: number): Promise<void> {
    const attributes = {
      'ati.role': 'chat',
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': MODEL,
    };
    return this.world.inSpan('chat', { kind: SpanKind.CLIENT, attributes }, () => this.world.wait(ms));
  }

  /** The wait for a person's answer. */
  humanFeedback(ms: number): Promise<void> {
    return this.world.inSpan('human_feedback', { attributes: { 'ati.role': 'human' } }, () =>
      this.world.wait(ms),
    );
  }

  tokenStream<T>(attributes: Attributes, work: (span: ActiveSpan) => Promise<T>): Promise<T> {
    const all = {
      ...this.#agent('stream', 'writer'),
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': MODEL,
      ...attributes,
    };
    return this.world.inSpan('token_stream', { attributes: all }, work);
  }

  /** Runs `work` in a pool of `size` slots, which others see while it runs, by the name of the scenario. */
  async inPool<T>(size: number, work: (slots: Slots) => Promise<T>): Promise<T> {
    const slots = new Slots(size, this.#scenario);
    this.options.pools?.add(slots);
    try {
      return await work(slots);
    } finally {
      this.options.pools?.delete(slots);
    }
  }

  /** Runs `work` once a slot is free; the wait is measured. */
  inSlot<T>(slots: Slots, work: () => Promise<T>): Promise<T> {
    const offered = this.world.now();
    return slots.use(() => {
      this.waitMs.push(this.world.now() - offered);
      return work();
    });
  }

  /** One attempt at a tool call; true when the tool answered with success. */
  toolCall(call: ToolCall): Promise<boolean> {
    const { tool, delayMs, errorRate, attempt = 0, chance = attempt, payloadBytes = 0, mbPerS = 0 } = call;
    const attributes: Attributes = {
      'ati.role': 'tool',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
      'http.request.method': 'GET',
      ...(attempt > 0 && { 'http.request.resend_count': attempt }),
    };
    return this.world.inSpan('tool_call', { kind: SpanKind.CLIENT, attributes }, async (span) => {
      this.toolCalls++;
      const started = this.world.now();
      const { status, bytes } = await this.world.callTool({
        tool,
        delayMs,
        errorRate,
        seed: this.options.seed,
        call: call.call,
        attempt: chance,
        payloadBytes,
        mbPerS,
      });
      this.callMs.push(this.world.now() - started);
      span.set({
        'http.response.status_code': status,
        ...(payloadBytes > 0 && { 'http.response.body.size': bytes }),
      });
      if (status < 400) return true;
      this.toolErrors++;
      span.fail(String(status));
      return false;
    });
  }

  /** Persists a little state: a real write and fsync, in the queue of all writers. */
  checkpoint(name: string, state: Record<string, number | string>): Promise<void> {
    const attributes = { 'ati.role': 'checkpoint', 'ati.checkpoint.name': name };
    return this.world.inSpan('checkpoint', { attributes }, async (span) => {
      const body = new TextEncoder().encode(`${JSON.stringify({ checkpoint: name, ...state })}\n`);
      await this.world.persist(body);
      span.set({ 'ati.checkpoint.bytes': body.byteLength });
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
