import { PARAMETER_TABLE, type ParameterSpec, SCENARIOS, type ScenarioName } from './parameters.ts';

const SEED = {
  from: 0,
  to: 2 ** 32 - 1,
  default: 'a random one',
  about: 'repeats a run: which calls fail, which one is slow',
};

const ABOUT: Readonly<Record<ScenarioName, readonly [example: string, about: string]>> = {
  fanout: ['fanout=100&concurrency=20', 'a planner whose many tool calls share a few slots'],
  chain: ['depth=60', 'agents that wait for each other, one below the other'],
  retry: ['error_rate=0.3&max_retries=3', 'calls of a flaky tool that are tried again'],
  dag: ['fanout=20&slow_factor=5', 'a fork whose join waits for one slow branch'],
  react: ['max_steps=10', "one agent's loop: reason, act, observe"],
  human: ['human_delay_s=2', 'an agent that waits for a person'],
  rag: [
    'rag_chunks=10&rag_chunk_size_kb=200&rag_growth=1&rag_mb_per_s=20',
    'chunks that are really moved to the agent',
  ],
  stream: [
    'duration_s=5&background_fanout=100',
    'a token stream that background calls can starve; a line of JSON a chunk',
  ],
};

interface Endpoint {
  readonly path: string;
  readonly scenario?: ScenarioName;
  readonly example: string;
  readonly about: string;
  readonly parameters: Readonly<
    Record<string, { from: number; to: number; default: unknown; about: string }>
  >;
}

function parametersOf(scenario: ScenarioName, toolDelayMs: number): Endpoint['parameters'] {
  const told = Object.entries<ParameterSpec>(PARAMETER_TABLE[scenario]).map(
    ([name, { least, most, fallback, about }]) => {
      const value = fallback === 'TOOL_DELAY_MS' ? toolDelayMs : fallback;
      return [name, { from: least, to: most, default: value, about }] as const;
    },
  );
  return { ...Object.fromEntries(told), seed: SEED };
}

/** What `GET /` answers; `toolDelayMs`: TOOL_DELAY_MS. */
export function endpoints(toolDelayMs: number): readonly Endpoint[] {
  return [
    ...SCENARIOS.map((scenario) => {
      const [example, about] = ABOUT[scenario];
      const parameters = parametersOf(scenario, toolDelayMs);
      return scenario === 'stream'
        ? { path: '/stream', example: `/stream?${example}`, about, parameters }
        : { path: '/run', scenario, example: `/run?scenario=${scenario}&${example}`, about, parameters };
    }),
    { path: '/health', example: '/health', about: 'whether the process answers', parameters: {} },
  ];
}
