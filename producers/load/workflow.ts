import { z } from 'zod';
import { causeOf } from '#infra/errors.ts';
import type { FindingKind } from '#schemas/events.ts';
import { requestPath } from '../agents/agent-app/request.ts';
import type { Workflow } from './profile.ts';

/** One workflow of a load, as its client saw it. */
export interface Played {
  readonly scenario: string;
  /** Milliseconds until the answer was whole. */
  readonly latencyMs: number;
  /** What went wrong; undefined for a run that ended well. */
  readonly error?: string;
  readonly traceId?: string;
  readonly planted: readonly FindingKind[];
}

/** What an agent app answers to a run, as far as it matters here. */
const answer = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  truth: z.object({ failures: z.array(z.object({ kind: z.string() })) }),
});
const health = z.object({ service: z.literal('agent-app') });
const refused = z.object({ error: z.string().transform((text) => text.slice(0, 200)) });

/** Runs one workflow on an agent app and waits for its end. Never rejects: what goes wrong is part of the result. */
export async function playWorkflow(
  agentUrl: string,
  workflow: Workflow,
  seed: number,
  signal: AbortSignal,
): Promise<Played> {
  const { scenario, ...parameters } = workflow;
  const url = new URL(requestPath({ scenario, seed, ...parameters }), agentUrl);
  const started = performance.now();
  const outcome = await ask(url, signal).catch((error: unknown) => ({ error: causeOf(error) }));
  return { scenario, latencyMs: performance.now() - started, planted: [], ...outcome };
}

async function ask(url: URL, signal: AbortSignal): Promise<Partial<Played>> {
  // A redirect would take the load to wherever the answer says.
  const response = await fetch(url, { signal, redirect: 'manual' });
  const body = await response.text();
  // /run answers one object, /stream a line for each thing that happens: all together are the run.
  const said: unknown = Object.assign({}, ...body.trim().split('\n').map(jsonOf));
  const wrong = refused.safeParse(said);
  if (!response.ok)
    return { error: `HTTP ${response.status}${wrong.success ? `: ${wrong.data.error}` : ''}` };
  const whole = answer.safeParse(said);
  if (whole.success)
    return { traceId: whole.data.traceId, planted: whole.data.truth.failures.map(({ kind }) => kind) };
  return { error: wrong.success ? `it broke off: ${wrong.data.error}` : 'no answer of an agent app' };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return {}; // what is missing then is missed by whoever reads it
  }
}

/** Whether an agent app answers there. */
export async function isAgentApp(agentUrl: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/health', agentUrl), { redirect: 'manual' });
    return health.safeParse(await response.json()).success;
  } catch {
    return false; // nobody, or somebody who speaks no JSON
  }
}
