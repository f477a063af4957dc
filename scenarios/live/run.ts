import type { GroundTruth } from '#producers/agents/truth.ts';
import { endpointOf, type Scenario } from '../scenario.ts';

/** What the agent app answers to a run: its trace id, what it did, and what was planted. */
export interface LiveRun {
  readonly traceId: string;
  readonly toolCalls: number;
  readonly toolErrors: number;
  readonly truth: GroundTruth;
}

/**
 * Runs a scenario on the agent app and waits for its end; rejects with what the agent app said was wrong. Without a seed
 * the agent app chooses one.
 */
export async function runLive(
  agentUrl: string,
  scenario: Scenario,
  seed?: number,
  signal?: AbortSignal,
): Promise<LiveRun> {
  const url = new URL(endpointOf(scenario), agentUrl);
  for (const [name, value] of Object.entries({
    ...scenario.parameters,
    ...scenario.live,
    ...(seed !== undefined && { seed }),
  })) {
    if (endpointOf(scenario) === '/stream' && name === 'scenario') continue;
    url.searchParams.set(name, String(value));
  }
  const response = await fetch(url, { signal: signal ?? null });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${body}`);
  // /run answers one JSON object, /stream a line for each thing that happens; all together are the run.
  const lines = body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Partial<LiveRun>);
  return Object.assign({}, ...lines) as LiveRun;
}
