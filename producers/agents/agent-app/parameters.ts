/** Completes and checks the parameters of a run: one reason for each that is wrong. */
import { z } from 'zod';
import { number, wholeNumber } from '#infra/numbers.ts';
import { LARGEST_PAYLOAD, LONGEST_CALL_MS } from '../tool-limits.ts';
import { describeIssues } from '../validation.ts';
import {
  PARAMETER_TABLE,
  type ParameterSpec,
  type RagParameters,
  SCENARIOS,
  type ScenarioName,
  type ScenarioParameters,
} from './parameter-table.ts';

export * from './parameter-table.ts';

export interface ParameterDefaults {
  /** TOOL_DELAY_MS. */
  readonly toolDelayMs: number;
  /** The seed of a run that names none: a whole number in [0, 2³²). */
  readonly seed: () => number;
}

export type Parsed = { ok: true; parameters: ScenarioParameters } | { ok: false; error: string };

/**
 * The complete parameters of a scenario, from `/run`'s query, a scenario file or a load profile. `values.scenario` names
 * which; numbers may be numbers or text. `among`: the scenarios that may be named here.
 */
export function parseScenario(
  values: Readonly<Record<string, unknown>>,
  defaults: ParameterDefaults,
  among: readonly ScenarioName[] = SCENARIOS,
): Parsed {
  const name = among.find((each) => each === values.scenario);
  if (name === undefined) return { ok: false, error: `scenario: must be ${alternatives(among)}` };
  const text = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, typeof value === 'number' ? String(value) : value]),
  );
  const parsed = schemaOf(name, defaults).safeParse(text);
  if (!parsed.success) return { ok: false, error: describeIssues(parsed.error) };
  // The schema was made from the table that the type is made from.
  const parameters = withFallbacks(name, parsed.data) as unknown as ScenarioParameters;
  const wrong = misfits(parameters);
  return wrong === undefined ? { ok: true, parameters } : { ok: false, error: wrong };
}

function alternatives(among: readonly ScenarioName[]): string {
  const names = `${among.slice(0, -1).join(', ')} or ${among.at(-1)}`;
  return among.includes('stream') ? names : `${names} (the token stream is at /stream)`;
}

/** By name; `TOOL_DELAY_MS` has become a number, other parameters' values are filled in afterwards. */
function schemaOf(name: ScenarioName, defaults: ParameterDefaults) {
  const entries = Object.entries<ParameterSpec>(PARAMETER_TABLE[name]).map(([key, spec]) => {
    const type = (spec.whole ? wholeNumber : number)(spec.least, spec.most);
    const fallback = spec.fallback === 'TOOL_DELAY_MS' ? defaults.toolDelayMs : spec.fallback;
    return [key, typeof fallback === 'number' ? type.default(fallback) : type.optional()] as const;
  });
  return z.strictObject({
    scenario: z.literal(name),
    ...Object.fromEntries(entries),
    seed: wholeNumber(0, 2 ** 32 - 1).default(() => defaults.seed()),
  });
}

function withFallbacks(name: ScenarioName, values: Record<string, unknown>): Record<string, unknown> {
  const complete = { ...values };
  for (const [key, { fallback }] of Object.entries<ParameterSpec>(PARAMETER_TABLE[name]))
    if (typeof fallback === 'string') complete[key] ??= complete[fallback];
  return complete;
}

/** What is wrong with parameters that are right one by one. */
function misfits(p: ScenarioParameters): string | undefined {
  switch (p.scenario) {
    case 'fanout':
      return tooSlow('straggler_factor', p.straggler_factor, p.delay_ms);
    case 'dag':
      return tooSlow('slow_factor', p.slow_factor, p.delay_ms);
    case 'react':
      if (p.min_steps > p.max_steps) return `min_steps: must be at most max_steps (${p.max_steps})`;
      return tooSlow('slow_factor', p.slow_factor, p.delay_ms);
    case 'rag': {
      const largest = chunkBytes(p, p.rag_chunks - 1);
      if (largest > LARGEST_PAYLOAD)
        return `rag_growth: the last chunk may have ${LARGEST_PAYLOAD} bytes, not ${largest}`;
      const transfer = p.rag_mb_per_s === 0 ? 0 : largest / (p.rag_mb_per_s * 1000);
      if (p.delay_ms + transfer > LONGEST_CALL_MS)
        return `rag_mb_per_s: the last chunk may take ${LONGEST_CALL_MS} ms, not ${Math.round(p.delay_ms + transfer)}`;
      return undefined;
    }
    default:
      return undefined;
  }
}

function tooSlow(name: string, factor: number, delayMs: number): string | undefined {
  const slowest = factor * delayMs;
  return slowest > LONGEST_CALL_MS
    ? `${name}: a call may take ${LONGEST_CALL_MS} ms, not ${slowest} (delay_ms × ${name})`
    : undefined;
}

/** Bytes of the rag scenario's chunk `i` (from 0). */
export function chunkBytes(
  parameters: Pick<RagParameters, 'rag_chunk_size_kb' | 'rag_growth'>,
  i: number,
): number {
  return Math.round(parameters.rag_chunk_size_kb * 1024 * (1 + i * parameters.rag_growth));
}
