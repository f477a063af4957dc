/** The spans that the load is made of: agents' work as OpenTelemetry's GenAI conventions describe it, ≈ 450 B each. */
import type { OtlpSpan } from '#schemas/otlp/write.ts';

export type Attributes =
  /** Ten a span; nine of them pass the privacy allowlist, `session.id` bears content. */
  | 'agents'
  /** The same, and tool calls with their arguments, which the door replaces by a salted hash. */
  | 'arguments'
  /** Ten a span of 500 distinct keys, which no list knows. */
  | 'many keys';

const MANY_KEYS = 500;
const MODELS = ['gpt-4o-mini', 'claude-sonnet-4-5', 'gemini-2.5-pro', 'mistral-large-2'];
const TOOLS = ['search_flights', 'hotel_prices', 'weather_report', 'currency_rates', 'calendar_lookup'];

/** A number in [0, below) from a seed that moves on (a linear congruential generator: this is a load, no lottery). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  roll(below: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits)
      text += this.roll(2 ** 24)
        .toString(16)
        .padStart(6, '0');
    return text.slice(0, digits);
  }
}

type Body = Omit<OtlpSpan, 'traceId' | 'spanId' | 'parentSpanId'>;

/** Span `i` of a trace that starts at `startMs` (unix ms), without its ids. */
export function agentSpan(i: number, startMs: number, attributes: Attributes, dice: Dice): Body {
  const start = BigInt(startMs + i * 40) * 1_000_000n + BigInt(dice.roll(1_000_000));
  const end = start + BigInt(5_000_000 + dice.roll(2_000_000_000));
  const times = { startTimeUnixNano: start, endTimeUnixNano: end };
  const agent = `travel-agent-${dice.roll(40)}`;
  const common = {
    'gen_ai.agent.name': agent,
    'gen_ai.agent.id': `asst_${dice.hex(12)}`,
    'session.id': dice.hex(20),
  };
  if (attributes === 'many keys')
    return { ...times, name: `work ${agent}`, kind: 1, attributes: manyKeys(dice) };
  if (i % 6 === 0) {
    return {
      ...times,
      name: `invoke_agent ${agent}`,
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.provider.name': 'openai',
        ...common,
        'gen_ai.workflow.name': 'plan-a-trip-to-several-cities',
        'gen_ai.request.model': MODELS[dice.roll(MODELS.length)],
        'gen_ai.usage.input_tokens': dice.roll(20_000),
        'gen_ai.usage.output_tokens': dice.roll(4_000),
        'server.address': 'agents.internal.example.com',
      },
    };
  }
  if (i % 3 === 2) {
    const tool = TOOLS[dice.roll(TOOLS.length)];
    return {
      ...times,
      name: `execute_tool ${tool}`,
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool,
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': `call_${dice.hex(16)}`,
        ...common,
        ...(attributes === 'arguments'
          ? { 'gen_ai.tool.call.arguments': `{"city":"${dice.hex(10)}","nights":${dice.roll(9)}}` }
          : { 'http.route': '/v1/tools/:name/invocations' }),
        'http.response.status_code': 200,
        'ati.result.bytes': dice.roll(90_000),
      },
    };
  }
  const model = MODELS[dice.roll(MODELS.length)];
  return {
    ...times,
    name: `chat ${model}`,
    kind: 3,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': model,
      'gen_ai.response.model': `${model}-2025-08-07`,
      ...common,
      'gen_ai.usage.input_tokens': dice.roll(20_000),
      'gen_ai.usage.output_tokens': dice.roll(4_000),
      'gen_ai.request.temperature': dice.roll(100) / 100,
    },
  };
}

function manyKeys(dice: Dice): Record<string, string> {
  const found: Record<string, string> = {};
  for (let i = 0, from = dice.roll(MANY_KEYS); i < 10; i++) {
    const key = (from + i * 7) % MANY_KEYS;
    found[`acme.team.attribute.number.${key}`] = dice.hex(8);
  }
  return found;
}
