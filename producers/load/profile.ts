import { z } from 'zod';
import { parseScenario, SCENARIOS } from '../agents/agent-app/parameters.ts';

/** Longest profile: a load that nobody watches stops by itself. */
const MOST_SECONDS = 24 * 3600;
const MOST_WORKFLOWS = 2_000;

const seconds = z.number().min(0).max(MOST_SECONDS);
const workflow = z
  .object({ scenario: z.enum(SCENARIOS) })
  .catchall(z.union([z.number(), z.string()]))
  .describe("the agent app's parameters; what is left out has its default there");

/** A load profile: what arrives when. Files of this shape lie in profiles/ and are read by k6 and locust too. */
const schema = z.strictObject({
  about: z.string(),
  /** New workflows are started for so long; those that run then are waited for. */
  durationS: seconds.positive(),
  arrivals: z.discriminatedUnion('type', [
    z.strictObject({
      /** Closed loop: so many workflows at a time, each followed by the next; linear between the stages. */
      type: z.literal('concurrent'),
      stages: z
        .array(z.strictObject({ atS: seconds, workflows: z.number().min(0).max(MOST_WORKFLOWS) }))
        .min(1),
      /** True: a step at each stage instead of a ramp towards it. */
      steps: z.boolean().default(false),
    }),
    z.strictObject({
      /** Open loop: they come whether or not the ones before have ended, with exponential gaps. */
      type: z.literal('poisson'),
      stages: z.array(z.strictObject({ atS: seconds, perSecond: z.number().min(0).max(1_000) })).min(1),
      steps: z.boolean().default(false),
    }),
    z.strictObject({
      /** Open loop: at the times of a file, seconds from the start, one a line. */
      type: z.literal('timestamps'),
      file: z.string().min(1),
    }),
  ]),
  /** Which workflows, by weight. */
  mix: z.array(z.strictObject({ weight: z.number().positive(), workflow })).min(1),
  /** Streams held open all the time beside them. */
  streams: z.strictObject({ count: z.number().int().min(0).max(MOST_WORKFLOWS), workflow }).optional(),
});

export type Profile = z.output<typeof schema>;
export type Arrivals = Profile['arrivals'];
export type Workflow = z.output<typeof workflow>;

export type ProfileResult = { ok: true; profile: Profile } | { ok: false; reason: string };

/** Parses a profile's text; the reason names every place that is wrong. */
export function parseProfile(text: string): ProfileResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'profile'}: ${message}`,
    );
    return { ok: false, reason: lines.join('; ') };
  }
  const profile = parsed.data;
  const wrong = [...faultsOfWorkflows(profile), ...faultsOfStages(profile)];
  return wrong.length === 0 ? { ok: true, profile } : { ok: false, reason: wrong.join('; ') };
}

function faultsOfWorkflows(profile: Profile): string[] {
  const workflows = profile.mix.map((entry, i) => ({ at: `mix.${i}.workflow`, workflow: entry.workflow }));
  if (profile.streams) workflows.push({ at: 'streams.workflow', workflow: profile.streams.workflow });
  return workflows.flatMap(({ at, workflow: given }) => {
    const parsed = parseScenario(given, { toolDelayMs: 80, seed: () => 0 });
    return parsed.ok ? [] : [`${at}: ${parsed.error}`];
  });
}

function faultsOfStages({ arrivals, streams }: Profile): string[] {
  const wrong: string[] = [];
  if (arrivals.type !== 'timestamps') {
    const times = arrivals.stages.map(({ atS }) => atS);
    if (times[0] !== 0) wrong.push('arrivals.stages.0.atS: the first stage is at 0');
    const back = times.findIndex((at, i) => i > 0 && at <= times[i - 1]);
    if (back > 0)
      wrong.push(`arrivals.stages.${back}.atS: must be after the stage before it (${times[back - 1]})`);
  }
  if (streams && streams.workflow.scenario !== 'stream')
    wrong.push('streams.workflow.scenario: must be stream');
  return wrong;
}
