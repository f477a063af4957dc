import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActiveSpan, SpanOptions, ToolAnswer, ToolRequest, World } from '../world.ts';
import { fsync, lateness, network, timer } from './noise.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { VirtualToolService } from './tool-service.ts';
import { VirtualSpan } from './virtual-span.ts';

/** The virtual world: time that nobody waits for, a seed's noise, and spans that are kept, in order of their ends. */
export class VirtualWorld implements World {
  /** The agents' own spans; the tool service keeps its own. */
  readonly ended: VirtualSpan[] = [];
  readonly tools: VirtualToolService;
  readonly #scheduler: Scheduler;
  readonly #ids: Random;
  readonly #chance: Random;
  readonly #active = new AsyncLocalStorage<VirtualSpan>();
  /** When the disk has done what it was asked for so far, ms. */
  #diskFree = 0;

  /** `toolSpread`: up to which share of its time a tool call takes longer than asked. */
  constructor(scheduler: Scheduler, ids: Random, chance: Random, toolSpread?: number) {
    this.#scheduler = scheduler;
    this.#ids = ids;
    this.#chance = chance;
    this.tools = new VirtualToolService(scheduler, ids, chance, toolSpread);
  }

  now(): number {
    return this.#scheduler.now;
  }

  wait(ms: number): Promise<void> {
    return this.#scheduler.sleep(timer(ms) + lateness(this.#chance));
  }

  async inSpan<T>(name: string, options: SpanOptions, work: (span: ActiveSpan) => Promise<T>): Promise<T> {
    const parent = options.root ? undefined : this.#active.getStore();
    const traceId = parent?.identity.traceId ?? this.#ids.id(16);
    const identity = { traceId, spanId: this.#ids.id(8), parent };
    const span = new VirtualSpan(identity, name, options, this.#scheduler.now);
    try {
      return await this.#active.run(span, work, span);
    } catch (error) {
      span.fail(error instanceof Error ? error.name : 'unknown');
      throw error;
    } finally {
      span.end = this.#scheduler.now;
      this.ended.push(span);
    }
  }

  async callTool(request: ToolRequest): Promise<ToolAnswer> {
    const caller = this.#active.getStore();
    await this.#scheduler.sleep(network(this.#chance));
    const answer = await this.tools.serve(request, caller);
    await this.#scheduler.sleep(network(this.#chance));
    return answer;
  }

  /** Nothing is written: one write at a time, first in first out, as long as an fsync takes. */
  persist(_bytes: Uint8Array): Promise<void> {
    const { now } = this.#scheduler;
    this.#diskFree = Math.max(now, this.#diskFree) + fsync(this.#chance);
    return this.#scheduler.sleep(this.#diskFree - now);
  }
}
