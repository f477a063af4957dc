/** Plays one tenant's runs in virtual time, disturbs their way to the door, and says what is true of them. */
import type { ScenarioParameters } from '#producers/agents/agent-app/parameters.ts';
import { type GeneratedRun, generateRun } from '#producers/agents/virtual/generate.ts';
import { Chance } from './chance.ts';
import type { RunPlan } from './corpus/run-plan.ts';
import { runsOf, type TenantSpec } from './corpus/tenants.ts';
import { compose } from './perturb/compose.ts';
import type { Export } from './perturb/deliveries.ts';
import { arrive, PROFILES, type Profile } from './perturb/profiles.ts';
import { type Known, knownOf } from './truth/decided.ts';
import { mixTruth } from './truth/mixed.ts';
import { type WindowTruth, windowTruth } from './truth/windows.ts';

/** A trace as it was planned, played and sent. */
export interface PlayedTrace {
  readonly plan: RunPlan;
  readonly profile: Profile;
  /** 32 hex digits. */
  readonly traceId: string;
  readonly startUnixMs: number;
  /** The end of its root. */
  readonly endUnixMs: number;
  readonly spanCount: number;
  readonly exports: readonly Export[];
  readonly known: Known;
}

export interface PlayedTenant {
  readonly spec: TenantSpec;
  readonly traces: readonly PlayedTrace[];
  /** What its windows must and may show. */
  readonly windows: WindowTruth;
}

/** No digits: agents' names lose them in incidents. */
const MESH = { agentPrefix: 'mesh' } as const;
const SERVICE = 'mesh-agents';
/** A tenant's runs start within this time. */
const MINUTES_MS = 300_000;
/** In virtual time, unix ms. */
const EPOCH_MS = 1_790_000_000_000;
/** Between two workflows of a session. */
const PAUSE_MS = 20;

export async function playTenant(spec: TenantSpec, corpusSeed: number): Promise<PlayedTenant> {
  const chance = new Chance(corpusSeed, spec.tenant);
  const plans = runsOf(spec, chance);
  const pitch = MINUTES_MS / plans.length;
  const begin = EPOCH_MS + chance.whole(0, 60_000);
  const traces: PlayedTrace[] = [];
  const profiles = new Map<RunPlan['group'], number>();
  const cell = spec.tenant.slice(0, spec.tenant.lastIndexOf('/'));
  const offset = new Chance('profiles', cell).whole(0, PROFILES.length - 1);
  for (const [i, plan] of plans.entries()) {
    const nth = profiles.get(plan.group) ?? offset + spec.replica * (plan.group === 'planted' ? 2 : 5);
    profiles.set(plan.group, nth + 1);
    const startUnixMs = begin + Math.floor(i * pitch + chance.between(0, 0.6 * pitch));
    // Every profile as often as every other, in each cell of the corpus.
    traces.push(await playRun(plan, PROFILES[nth % PROFILES.length], startUnixMs, chance));
  }
  const runs = traces.flatMap(({ plan, endUnixMs }) =>
    plan.parts.map((parameters) => ({ parameters, endUnixMs })),
  );
  return { spec, traces, windows: windowTruth(runs, { ...MESH, serviceName: SERVICE }) };
}

async function playRun(
  plan: RunPlan,
  profile: Profile,
  startUnixMs: number,
  chance: Chance,
): Promise<PlayedTrace> {
  const generate = (parameters: ScenarioParameters, at: number) =>
    generateRun({
      parameters,
      seed: parameters.seed,
      ...MESH,
      serviceName: SERVICE,
      startUnixMs: at,
      toolSpread: plan.spread,
    });
  const runs: GeneratedRun[] = [];
  for (const parameters of plan.parts) {
    const after = plan.beside ? startUnixMs : (runs.at(-1)?.endUnixMs ?? startUnixMs - PAUSE_MS) + PAUSE_MS;
    runs.push(await generate(parameters, after));
  }
  const trace = runs.length === 1 ? runs[0] : compose(runs, { ...MESH, serviceName: SERVICE }, chance);
  const circumstances = { spread: plan.spread, lossy: profile.lossy };
  const each = plan.parts.map((parameters) => knownOf(parameters, MESH, circumstances));
  return {
    plan,
    profile,
    traceId: trace.traceId,
    startUnixMs: trace.startUnixMs,
    endUnixMs: trace.endUnixMs,
    spanCount: trace.spanCount,
    exports: arrive(trace.exports, profile, chance),
    known: runs.length === 1 ? each[0] : mixTruth(each, runs, plan.beside),
  };
}
