/** What `npm run why` asks of the query API. */
import type { z } from 'zod';
import { attributionJson } from '../api/attribution-json.ts';
import { criticalPathJson } from '../api/critical-path-json.ts';
import { type Answer, ask, parsed } from '../ask-api.ts';
import { type Instead, instead } from './instead.ts';
import type { Options } from './options.ts';

export type Attribution = z.output<typeof attributionJson>;
export type CriticalPath = z.output<typeof criticalPathJson>;

export interface Why {
  readonly criticalPath: CriticalPath;
  readonly attribution: Attribution;
  /** Both as JSON, as the API said them. */
  readonly text: string;
  /** What was asked instead of the question, and why. */
  readonly notes: readonly string[];
}

/** Rows that a person may want to see at all. */
const MOST_ROWS = 100;

export function pathOf(route: string, parameters: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) query.set(key, String(value));
  return `${route}?${query}`;
}

/** A name may be empty, which no parameter can say. */
const sayable = (names: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(names).filter(([, name]) => name !== ''));

type Question = Pick<Options, 'root' | 'range' | 'baseline' | 'slow' | 'slowGiven' | 'json'>;

/** The attribution as the API says it. */
async function askAttribution(base: string, { root, range, baseline, slow }: Question) {
  const answer = await ask(
    base,
    pathOf('/v1/attribution', { ...sayable(root), ...range, ...baseline, slow }),
  );
  if (!answer.ok) return answer;
  const attribution = parsed(base, attributionJson, answer.value.json);
  if (!attribution.ok) return attribution;
  return { ok: true, value: { attribution: attribution.value, text: answer.value.text } } as const;
}

/** First the attribution, which says which root operation it is about; then the path of that one's traces. */
export async function askWhy(base: string, options: Question): Promise<Answer<Why>> {
  const notes: string[] = [];
  let question = options;
  let found = await askAttribution(base, question);
  // A person is answered as well as can be; a program gets what it asked for.
  for (let next = nextOf(found, question); next !== undefined; next = nextOf(found, question)) {
    if (!found.ok) return found;
    const before = found.value.attribution;
    notes.push(next.note);
    question = { ...question, root: next.root ?? question.root, slow: next.slow ?? question.slow };
    found = await askAttribution(base, question);
    if (found.ok) found.value.attribution.others = othersAfter(before, found.value.attribution);
  }
  if (!found.ok) return found;
  const { attribution, text } = found.value;
  const { from, to, root: about } = attribution;
  const names = sayable(about ?? question.root);
  const body = await ask(base, pathOf('/v1/critical-path', { ...names, from, to, limit: MOST_ROWS }));
  if (!body.ok) return body;
  const criticalPath = parsed(base, criticalPathJson, body.value.json);
  if (!criticalPath.ok) return criticalPath;
  const both = `{"criticalPath":${body.value.text},"attribution":${text}}`;
  return { ok: true, value: { criticalPath: criticalPath.value, attribution, text: both, notes } };
}

/** A percentile is the last thing that can be changed, so this ends. */
function nextOf(found: Awaited<ReturnType<typeof askAttribution>>, question: Question): Instead | undefined {
  return question.json || !found.ok ? undefined : instead(found.value.attribution, question);
}

/** The roots of the first answer but for the one that this is about: a question with names has no others. */
function othersAfter(before: Attribution, { root }: Attribution): Attribution['others'] {
  if (before.root === null) return before.others;
  const all = [{ ...before.root, traces: before.set.traces + before.baseline.traces }, ...before.others];
  const isRoot = (each: (typeof all)[number]) =>
    root !== null &&
    each.operation === root.operation &&
    each.agent === root.agent &&
    each.service === root.service;
  return all.filter((each) => !isRoot(each));
}
