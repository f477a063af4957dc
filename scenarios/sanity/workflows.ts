import { verdictOf } from '../judge/read-back.ts';
import { runLive } from '../live/run.ts';
import type { Mesh } from '../meshes.ts';
import { OF_WORKFLOWS } from '../registry.ts';
import type { Scenario } from '../scenario.ts';
import { CheckFailure, type CheckResult, check } from './check.ts';

/** Export (5 s where an SDK's default is in the way), quiet gap (6 s by default), tick, sink. */
const DEADLINE_MS = 45_000;
/** The longest takes eight seconds. */
const RUN_DEADLINE_MS = 90_000;
/** The stream's background work takes three seconds: no need to stream for twenty. */
const STREAM_SECONDS = 8;

/** One of each, no longer than it needs. */
export const SANITY_SCENARIOS: readonly Scenario[] = OF_WORKFLOWS.map((scenario) =>
  scenario.name === 'stream'
    ? { ...scenario, parameters: { ...scenario.parameters, duration_s: STREAM_SECONDS } }
    : scenario,
);

/** Runs every scenario on a mesh, one after the other, and looks each of them up; a line for each is given at once. */
export async function checkWorkflows(
  mesh: Mesh,
  api: string,
  seed: number,
  onResult: (result: CheckResult) => void,
): Promise<void> {
  const looking: Promise<void>[] = [];
  for (const scenario of SANITY_SCENARIOS) {
    const name = `${scenario.name} (${mesh.title})`;
    // The look-up waits for ATI while the next one runs; a run that fails is a failed check.
    const late = AbortSignal.timeout(RUN_DEADLINE_MS);
    const run = await runLive(mesh.agentUrl, scenario, seed, late).catch((error: Error) => error);
    const result = check(name, async () => {
      if (run instanceof Error) throw new CheckFailure(run.message, "the agent app's log says why");
      return lookUp(mesh, api, scenario, run.traceId);
    });
    looking.push(result.then(onResult));
  }
  await Promise.all(looking);
}

async function lookUp(mesh: Mesh, api: string, scenario: Scenario, traceId: string): Promise<string> {
  const verdict = await verdictOf(api, { scenario, traceId, mesh: mesh.prefix }, DEADLINE_MS);
  const { trace, found, faults } = verdict;
  if (!trace?.summary)
    throw new CheckFailure(
      `trace ${traceId} did not arrive within ${DEADLINE_MS / 1000} s`,
      'do the agents export to the ingest (OTEL_EXPORTER_OTLP_ENDPOINT), and do processor and sink run?',
    );
  if (faults.length > 0)
    throw new CheckFailure(`trace ${traceId}: ${faults.join('; ')}`, `npm run explain -- ${traceId}`);
  const incidents =
    found.map(({ kind, agent }) => `${kind} at ${agent}`).join(', ') || 'no incident, as it must be';
  return `${trace.summary.spanCount} spans arrived; ${incidents}`;
}
