/** Where no trace is what was asked for: what there is instead. */
import { z } from 'zod';
import { attributionJson } from '../api/attribution-json.ts';
import { traceLine } from '../api/trace-json.ts';
import { ask, parsed } from '../ask-api.ts';
import { type Attribution, pathOf } from './api.ts';
import type { Options } from './options.ts';
import { type CountedRoot, command, nameOptions, rootLines } from './others.ts';

/** As many as the API names. */
const MOST = 10;
/** The newest may all be without a root. */
const NEWEST = 50;

const traceList = z.object({ traces: z.array(traceLine) });

/** Lines: that there is none, and what to ask. An API that does not answer now leaves out what only it knows. */
export async function whyNothing(
  base: string,
  { from, to }: Pick<Attribution, 'from' | 'to'>,
  options: Pick<Options, 'root' | 'range' | 'words'>,
  now: number,
): Promise<string[]> {
  const time = `from ${from} to ${to}`;
  if (Date.parse(from) > now) return [`No closed trace started ${time}: that is yet to come.`];
  const roots = Object.keys(options.root).length > 0 ? await rootsIn(base, options) : [];
  if (roots.length > 0)
    return [
      `No root operation is ${nameOptions(options.root)} ${time}; there are:`,
      ...rootLines(roots, roots, { given: {}, words: options.words, most: MOST }),
      ...(roots.length === MOST ? ['  and perhaps others, which took less time'] : []),
    ];
  const none = `No closed trace with a root started ${time}.`;
  const newest = await newestStart(base);
  if (newest === undefined) return [`${none} None has closed at all: run a workflow first.`];
  // A time is exclusive, and as exact as it is printed.
  const after = new Date(Date.parse(newest) + 1000).toISOString();
  return [`${none} The newest did at ${newest}:`, `  ${command({}, ['--to', after])}`];
}

async function rootsIn(base: string, { range }: Pick<Options, 'range'>): Promise<CountedRoot[]> {
  const answer = await ask(base, pathOf('/v1/attribution', { ...range, limit: 1 }));
  const found = answer.ok ? parsed(base, attributionJson, answer.value.json) : answer;
  if (!found.ok || found.value.root === null) return [];
  const { root, set, baseline, others } = found.value;
  return [{ ...root, traces: set.traces + baseline.traces }, ...others];
}

/** Of the newest closed trace that has a root. */
async function newestStart(base: string): Promise<string | undefined> {
  const answer = await ask(base, pathOf('/v1/traces', { limit: NEWEST }));
  const list = answer.ok ? parsed(base, traceList, answer.value.json) : answer;
  return list.ok ? list.value.traces.find(({ partial }) => !partial)?.start : undefined;
}
