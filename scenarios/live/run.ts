import { requestPath } from '#producers/agents/agent-app/request.ts';
import type { GroundTruth } from '#producers/agents/truth.ts';
import type { Scenario } from '../scenario.ts';

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
  const parameters = { ...scenario.parameters, ...scenario.live, ...(seed !== undefined && { seed }) };
  const url = new URL(requestPath(parameters), agentUrl);
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
