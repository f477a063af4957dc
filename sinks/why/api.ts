/** What `npm run why` asks of the query API. */
import type { z } from 'zod';
import { attributionJson } from '../api/attribution-json.ts';
import { criticalPathJson } from '../api/critical-path-json.ts';
import { type Answer, ask, parsed } from '../ask-api.ts';
import type { Options } from './options.ts';

export type Attribution = z.output<typeof attributionJson>;
export type CriticalPath = z.output<typeof criticalPathJson>;

export interface Why {
  readonly criticalPath: CriticalPath;
  readonly attribution: Attribution;
  /** Both as JSON, as the API said them. */
  readonly text: string;
}

/** Rows that a person may want to see at all. */
const MOST_ROWS = 100;

function pathOf(route: string, parameters: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) query.set(key, String(value));
  return `${route}?${query}`;
}

/** First the attribution, which says which root operation it is about; then the path of that one's traces. */
export async function askWhy(
  base: string,
  { root, range, baseline, slow }: Pick<Options, 'root' | 'range' | 'baseline' | 'slow'>,
): Promise<Answer<Why>> {
  const found = await ask(base, pathOf('/v1/attribution', { ...root, ...range, ...baseline, slow }));
  if (!found.ok) return found;
  const attribution = parsed(base, attributionJson, found.value.json);
  if (!attribution.ok) return attribution;
  const { from, to, root: about } = attribution.value;
  // A name may be empty, which no parameter can say.
  const named = Object.fromEntries(Object.entries(about ?? root).filter(([, name]) => name !== ''));
  const body = await ask(base, pathOf('/v1/critical-path', { ...named, from, to, limit: MOST_ROWS }));
  if (!body.ok) return body;
  const criticalPath = parsed(base, criticalPathJson, body.value.json);
  if (!criticalPath.ok) return criticalPath;
  const text = `{"criticalPath":${body.value.text},"attribution":${found.value.text}}`;
  return { ok: true, value: { criticalPath: criticalPath.value, attribution: attribution.value, text } };
}
