import type { ScenarioName } from './parameters.ts';

/** Path and query that ask the agent app for a run: `/run?scenario=…`, or `/stream?…`; values in the given order. */
export function requestPath({
  scenario,
  ...values
}: { readonly scenario: ScenarioName } & Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams(scenario === 'stream' ? {} : { scenario });
  for (const [name, value] of Object.entries(values)) query.set(name, String(value));
  return `${scenario === 'stream' ? '/stream' : '/run'}?${query}`;
}
