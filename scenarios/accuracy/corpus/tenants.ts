/** The corpus as tenants: each is one mesh that runs the same workflows for some minutes, and is judged by itself. */
import type { Chance } from '../chance.ts';
import { CONTROLS, type Control, drawControl } from './controls.ts';
import { MIXES, type Mix } from './mixes.ts';
import { PATTERNS, type Pattern, type Strength } from './patterns.ts';
import { drawSpread, drawUntil, type RunPlan, type Values } from './run-plan.ts';
import { type Series, WINDOW_SERIES } from './series.ts';

/** What a tenant is there for. */
export type TenantSpec = { readonly tenant: string; readonly replica: number } & (
  | { readonly type: 'pattern'; readonly pattern: Pattern; readonly strength: Strength }
  | { readonly type: 'mix'; readonly mix: Mix }
  | { readonly type: 'series'; readonly series: Series }
  | { readonly type: 'healthy' }
);

/** Traces with a failure in a tenant that has one; and those without. */
const PLANTED = 2;
const CONTROLS_BESIDE = 20;
const CONTROLS_ALONE = 25;

/** Of a tenant's controls, those of the same workflow as its failure: the same agents, tools and operations. */
const SAME_WORKFLOW = 0.7;

/** Tenants of each strength, mix, series, and of healthy ones, in the whole corpus. */
export const REPLICAS = { strength: 30, nominal: 80, mix: 10, series: 12, healthy: 200 } as const;

/** Traces of the whole corpus. */
export const WHOLE_CORPUS = tracesOf(specsOf(1));

/** Every tenant of the corpus; `scale` 1 is the whole one, less has fewer of each and at least one. */
export function specsOf(scale: number): TenantSpec[] {
  const times = (replicas: number) => Array.from({ length: Math.max(1, Math.round(replicas * scale)) });
  const specs: TenantSpec[] = [];
  for (const pattern of PATTERNS)
    for (const strength of pattern.strengths)
      times(strength.name === 'nominal' ? REPLICAS.nominal : REPLICAS.strength).forEach((_, replica) => {
        const tenant = `${pattern.kind}/${strength.name}/${replica}`;
        specs.push({ tenant, replica, type: 'pattern', pattern, strength });
      });
  for (const mix of MIXES)
    times(REPLICAS.mix).forEach((_, replica) => {
      specs.push({ tenant: `mix/${mix.name}/${replica}`, replica, type: 'mix', mix });
    });
  for (const series of WINDOW_SERIES)
    times(REPLICAS.series).forEach((_, replica) => {
      const tenant = `series/${series.kind}/${series.strength}/${replica}`;
      specs.push({ tenant, replica, type: 'series', series });
    });
  times(REPLICAS.healthy).forEach((_, replica) => {
    specs.push({ tenant: `healthy/${replica}`, replica, type: 'healthy' });
  });
  return specs;
}

export function tracesOf(specs: readonly TenantSpec[]): number {
  return specs.reduce((sum, spec) => {
    if (spec.type === 'series') return sum + spec.series.runs;
    return sum + (spec.type === 'healthy' ? CONTROLS_ALONE : PLANTED + CONTROLS_BESIDE);
  }, 0);
}

/** The runs of a tenant in order of their starts. */
export function runsOf(spec: TenantSpec, chance: Chance): RunPlan[] {
  switch (spec.type) {
    case 'pattern': {
      const { pattern, strength } = spec;
      const planted = Array.from({ length: PLANTED }, () => drawPlanted(pattern, strength, chance));
      return chance.shuffled([
        ...planted,
        ...controls(CONTROLS_BESIDE, chance, planted[0].parts[0].scenario),
      ]);
    }
    case 'mix': {
      const planted = Array.from({ length: PLANTED }, () => drawMix(spec.mix, chance));
      const likeOne = chance.oneOf(planted[0].parts).scenario;
      return chance.shuffled([...planted, ...controls(CONTROLS_BESIDE, chance, likeOne)]);
    }
    case 'series':
      return spec.series.draw(chance);
    case 'healthy':
      return controls(CONTROLS_ALONE, chance);
  }
}

/** A run in which the pattern is there by the definitions (or chance decides: then it is not counted). */
function drawPlanted({ kind }: Pattern, strength: Strength, chance: Chance): RunPlan {
  const { parameters, spread } = drawUntil(
    chance,
    () => strength.draw(chance),
    ({ planted, undecided }) => [...planted, ...undecided].some((each) => each.kind === kind),
  );
  return { group: 'planted', name: `${kind}/${strength.name}`, parts: [parameters], beside: false, spread };
}

function drawMix(mix: Mix, chance: Chance): RunPlan {
  const spread = drawSpread(chance);
  const parts = mix.parts.map(
    ({ kind, values }) =>
      drawUntil(
        chance,
        () => values,
        ({ planted }) => planted.some((each) => each.kind === kind),
        { spread },
      ).parameters,
  );
  return { group: 'planted', name: `mix/${mix.name}`, parts, beside: mix.beside, spread };
}

function controls(count: number, chance: Chance, like?: Values['scenario']): RunPlan[] {
  const delay = chance.whole(60, 110);
  const used = new Set<Control>();
  return Array.from({ length: count }, () => {
    const same = like !== undefined && chance.happens(SAME_WORKFLOW);
    const control = chance.oneOf(
      CONTROLS.filter((each) => !(each.once && used.has(each)) && (!same || each.scenario === like)),
    );
    used.add(control);
    const { parameters, spread } = drawControl(control, chance, delay);
    return { group: 'control', name: control.name, parts: [parameters], beside: false, spread };
  });
}
