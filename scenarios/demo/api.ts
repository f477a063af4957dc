import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { judge, type TraceAnswer, type Verdict } from './verdict.ts';

/** GET as JSON; undefined where there is nothing (404). */
async function get<T>(api: string, path: string): Promise<T | undefined> {
  const response = await fetch(new URL(path, api));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** What ATI says of a trace now. */
async function look(api: string, scenario: Scenario, traceId: string): Promise<Verdict> {
  const trace = await get<TraceAnswer>(api, `/v1/traces/${traceId}`);
  const open = new Set<string>();
  for (const { incidentId } of trace?.findings ?? []) {
    const answer = await get<{ incident: { state: string } }>(api, `/v1/incidents/${incidentId}`);
    if (answer?.incident.state === 'open') open.add(incidentId);
  }
  return judge(scenario, trace, open);
}

/** Asks until the verdict is right, or until the deadline; then what it is. */
export async function verdictOf(
  api: string,
  scenario: Scenario,
  traceId: string,
  deadlineMs: number,
): Promise<Verdict> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const verdict = await look(api, scenario, traceId);
    if (verdict.faults.length === 0 || performance.now() > deadline) return verdict;
    await wait(250);
  }
}
