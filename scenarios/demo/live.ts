import type { Scenario } from '../scenario.ts';

/** What the agent app answers to a run: its trace id and what it did. */
export interface LiveRun {
  readonly traceId: string;
  readonly toolCalls: number;
  readonly toolErrors: number;
}

/** Runs a scenario on the agent app and waits for its end; rejects with what the agent app said was wrong. */
export async function runLive(agentUrl: string, scenario: Scenario, seed: number): Promise<LiveRun> {
  const url = new URL(scenario.endpoint, agentUrl);
  for (const [name, value] of Object.entries({ ...scenario.parameters, seed })) {
    url.searchParams.set(name, String(value));
  }
  const response = await fetch(url);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${body}`);
  // /run answers one JSON object, /stream a line for each thing that happens; all together are the run.
  const lines = body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Partial<LiveRun>);
  return Object.assign({ toolCalls: 0, toolErrors: 0, traceId: '' }, ...lines) as LiveRun;
}
