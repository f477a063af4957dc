import { SpanKind } from '@opentelemetry/api';
import { fails } from '../seeded.ts';
import type { ToolAnswer, ToolRequest } from '../world.ts';
import { LOOPBACK_BYTES_PER_MS, lateness, QUIET_SPREAD, service, timer } from './noise.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { VirtualSpan } from './virtual-span.ts';

/** The tool service in virtual time: the same server spans, failures and answers as the live one. */
export class VirtualToolService {
  /** Its spans in order of their ends. */
  readonly ended: VirtualSpan[] = [];
  readonly #scheduler: Scheduler;
  readonly #ids: Random;
  readonly #chance: Random;
  readonly #spread: number;

  /** `spread`: up to which share of its time a call takes longer than asked. */
  constructor(scheduler: Scheduler, ids: Random, chance: Random, spread = QUIET_SPREAD) {
    this.#scheduler = scheduler;
    this.#ids = ids;
    this.#chance = chance;
    this.#spread = spread;
  }

  /** From the arrival of the request to the last byte of the answer; `caller` is the span that carries it. */
  async serve(request: ToolRequest, caller: VirtualSpan | undefined): Promise<ToolAnswer> {
    const span = this.#open(request.tool, caller);
    const late = lateness(this.#chance);
    await this.#scheduler.sleep(
      service(this.#chance, timer(Math.round(request.delayMs)), this.#spread) + late,
    );
    const failed = fails(request.seed, request.call, request.attempt, request.errorRate ?? 0);
    span.set({ 'http.response.status_code': failed ? 503 : 200 });
    let bytes = failed ? failureBytes(request.tool) : answerBytes(request.tool);
    if (failed) span.fail('503');
    else if (request.payloadBytes > 0) {
      bytes = request.payloadBytes;
      const bytesPerMs = request.mbPerS > 0 ? request.mbPerS * 1000 : LOOPBACK_BYTES_PER_MS;
      await this.#scheduler.sleep(service(this.#chance, bytes / bytesPerMs));
    }
    span.end = this.#scheduler.now;
    this.ended.push(span);
    return { status: failed ? 503 : 200, bytes };
  }

  #open(tool: string, caller: VirtualSpan | undefined): VirtualSpan {
    const identity = {
      traceId: caller?.identity.traceId ?? this.#ids.id(16),
      spanId: this.#ids.id(8),
      parent: caller,
      remote: caller !== undefined,
    };
    const attributes = {
      'http.request.method': 'GET',
      'http.route': '/tool/:name',
      'gen_ai.tool.name': tool,
    };
    const options = { kind: SpanKind.SERVER, attributes };
    return new VirtualSpan(identity, 'GET /tool/:name', options, this.#scheduler.now);
  }
}

/** Of the live service's JSON. */
const answerBytes = (tool: string) => Buffer.byteLength(JSON.stringify({ tool, ok: true }));
const failureBytes = (tool: string) =>
  Buffer.byteLength(JSON.stringify({ error: `tool ${tool} is unavailable` }));
