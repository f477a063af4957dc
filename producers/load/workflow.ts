import { messageOf } from '#infra/errors.ts';
import type { FindingKind } from '#schemas/events.ts';
import type { GroundTruth } from '../agents/truth.ts';
import type { Workflow } from './profile.ts';

/** One workflow of a load, as its client saw it. */
export interface Played {
  readonly scenario: string;
  readonly agentUrl: string;
  readonly latencyMs: number;
  /** What went wrong; undefined for a run that ended well. */
  readonly error?: string;
  readonly traceId?: string;
  readonly planted: readonly FindingKind[];
}

/** Runs one workflow on an agent app and waits for its end. Never rejects: what goes wrong is part of the result. */
export async function playWorkflow(
  agentUrl: string,
  workflow: Workflow,
  seed: number,
  signal: AbortSignal,
): Promise<Played> {
  const { scenario, ...parameters } = workflow;
  const url = new URL(scenario === 'stream' ? '/stream' : '/run', agentUrl);
  if (scenario !== 'stream') url.searchParams.set('scenario', scenario);
  for (const [name, value] of Object.entries({ seed, ...parameters }))
    url.searchParams.set(name, String(value));
  const started = performance.now();
  const base = { scenario, agentUrl };
  const elapsed = () => performance.now() - started;
  try {
    const response = await fetch(url, { signal });
    const body = await response.text();
    if (!response.ok) return { ...base, latencyMs: elapsed(), error: `HTTP ${response.status}`, planted: [] };
    // /run answers one object, /stream a line for each thing that happens.
    const lines = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { traceId?: string; truth?: GroundTruth });
    const { traceId, truth } = Object.assign({}, ...lines) as { traceId: string; truth: GroundTruth };
    return { ...base, latencyMs: elapsed(), traceId, planted: truth.failures.map(({ kind }) => kind) };
  } catch (error) {
    return { ...base, latencyMs: elapsed(), error: causeOf(error), planted: [] };
  }
}

/** fetch hides the reason in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return messageOf(error);
}
