import { setTimeout as wait } from 'node:timers/promises';
import { ownAuthorization, tokenAdvice } from '#infra/access/own-token.ts';
import { UserError } from '#infra/errors.ts';
import type { Finding } from '#schemas/events.ts';
import type { Scenario } from '../scenario.ts';
import { judge, type TraceAnswer, type Verdict } from './verdict.ts';

/** GET as JSON; undefined where there is nothing (404). */
async function get<T>(api: string, path: string): Promise<T | undefined> {
  const response = await fetch(new URL(path, api), { headers: ownAuthorization() });
  const advice = tokenAdvice(response.status, 'read');
  if (advice !== undefined) throw new UserError(`ATI's query API at ${api} refuses: ${advice}`);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** An incident of the query API, as far as a verdict needs it. */
export interface IncidentAnswer {
  readonly incidentId: string;
  readonly state: 'open' | 'resolved' | 'retracted';
  readonly kind: string;
  readonly agent: string;
}

/** Every incident as it is now. */
export async function allIncidents(api: string): Promise<IncidentAnswer[]> {
  const incidents: IncidentAnswer[] = [];
  for (let cursor = ''; ; ) {
    const page = await get<{ incidents: IncidentAnswer[]; next: string | null }>(
      api,
      `/v1/incidents?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    incidents.push(...(page?.incidents ?? []));
    if (!page?.next) return incidents;
    cursor = page.next;
  }
}

export function readTrace(api: string, traceId: string): Promise<TraceAnswer | undefined> {
  return get<TraceAnswer>(api, `/v1/traces/${traceId}?spans=0`);
}

/** Those findings of a trace whose incident is open. */
export async function openFindings(api: string, trace: TraceAnswer): Promise<Finding[]> {
  const open: Finding[] = [];
  for (const finding of trace.findings) {
    const answer = await get<{ incident: IncidentAnswer }>(api, `/v1/incidents/${finding.incidentId}`);
    if (answer?.incident.state === 'open') open.push(finding);
  }
  return open;
}

/** What ATI says of a trace now, as far as its incidents are open. */
async function look(api: string, scenario: Scenario, traceId: string, mesh: string): Promise<Verdict> {
  const trace = await readTrace(api, traceId);
  const open = trace === undefined ? [] : await openFindings(api, trace);
  return judge(scenario, trace, new Set(open.map(({ incidentId }) => incidentId)), mesh);
}

export interface Question {
  readonly scenario: Scenario;
  readonly traceId: string;
  /** Prefix of the agents that ran it. */
  readonly mesh?: string;
}

/** Asks until the verdict is right, or until the deadline; then what it is. */
export async function verdictOf(
  api: string,
  { scenario, traceId, mesh = '' }: Question,
  deadlineMs: number,
): Promise<Verdict> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const verdict = await look(api, scenario, traceId, mesh);
    if (verdict.faults.length === 0 || performance.now() > deadline) return verdict;
    await wait(250);
  }
}
