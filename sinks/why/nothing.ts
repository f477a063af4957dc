/** Where no trace is what was asked for: what there is instead. */
import { z } from 'zod';
import { attributionJson } from '../api/attribution-json.ts';
import { traceLine } from '../api/trace-json.ts';
import { type Answer, ask, parsed } from '../ask-api.ts';
import { type Attribution, pathOf } from './api.ts';
import type { Options } from './options.ts';
import { type CountedRoot, command, nameOptions, rootLines } from './others.ts';

/** As many as the API names. */
const MOST = 10;
/** The newest may all be without a root. */
const NEWEST = 50;

const traceList = z.object({ traces: z.array(traceLine) });

/** Lines: that there is none, and what to ask; or why the API cannot say that now. */
export async function whyNothing(
  base: string,
  { from, to }: Pick<Attribution, 'from' | 'to'>,
  options: Pick<Options, 'root' | 'range' | 'words'>,
  now: number,
): Promise<string[]> {
  const time = `from ${from} to ${to}`;
  if (Date.parse(from) > now) return [`No closed trace started ${time}: that is yet to come.`];
  const named = Object.keys(options.root).length > 0;
  const roots = named ? await rootsIn(base, options) : ({ ok: true, value: [] } as const);
  if (!roots.ok) return [roots.reason];
  if (roots.value.length > 0)
    return [
      `No root operation is ${nameOptions(options.root)} ${time}; there are:`,
      ...rootLines(roots.value, roots.value, { given: {}, words: options.words, most: MOST }),
      ...(roots.value.length >= MOST ? ['  and perhaps others, which took less time'] : []),
    ];
  const none = `No closed trace with a root started ${time}.`;
  const newest = await newestStart(base);
  if (!newest.ok) return [none, newest.reason];
  if (newest.value === undefined) return [`${none} None has closed at all: run a workflow first.`];
  // `--to` is exclusive, and `start` is as exact as it is printed.
  const after = new Date(Date.parse(newest.value) + 1000).toISOString();
  return [
    `${none} The newest did at ${newest.value}:`,
    `  ${command({}, ['--to', after, ...apiWords(options)])}`,
  ];
}

const apiWords = ({ words }: Pick<Options, 'words'>) => words.filter((word) => word.startsWith('--api '));

async function rootsIn(
  base: string,
  { range }: Pick<Options, 'range'>,
): Promise<Answer<readonly CountedRoot[]>> {
  const answer = await ask(base, pathOf('/v1/attribution', { ...range, limit: 1 }));
  const found = answer.ok ? parsed(base, attributionJson, answer.value.json) : answer;
  if (!found.ok) return found;
  const { root, set, baseline, others } = found.value;
  const traces = set.traces + baseline.traces;
  return { ok: true, value: root === null ? [] : [{ ...root, traces }, ...others] };
}

/** Of the newest closed trace that has a root; undefined: none has. */
async function newestStart(base: string): Promise<Answer<string | undefined>> {
  const answer = await ask(base, pathOf('/v1/traces', { limit: NEWEST }));
  const list = answer.ok ? parsed(base, traceList, answer.value.json) : answer;
  if (!list.ok) return list;
  return { ok: true, value: list.value.traces.find(({ partial }) => !partial)?.start };
}
