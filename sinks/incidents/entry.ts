/** One incident as it is now, for people: a few lines on a terminal, one line elsewhere. */
import type { Colours } from '#infra/colours.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { stateOf } from '../api/incident-json.ts';
import { ID_DIGITS, operators, printable, second } from './line.ts';
import type { Newest } from './newest.ts';
import { wrap } from './wrap.ts';

interface Look {
  readonly colours: Colours;
  /** Width of the terminal in characters; undefined: none, each incident is one whole line. */
  readonly columns: number | undefined;
}

const MARKS = { open: '●', resolved: '✓', retracted: '○' } as const;

function marked({ event, severity }: IncidentEvent, colours: Colours): readonly [string, string] {
  const state = stateOf(event);
  const paint = { open: severity === 'critical' ? colours.red : colours.yellow, resolved: colours.green };
  const colour = state === 'retracted' ? colours.dim : paint[state];
  return [colour(MARKS[state]), state === 'open' ? colour(severity) : severity];
}

/** Since when it is as it is. `lastSeen`: when the last trace that shows it ended, unix ms, where that is known. */
function times({ last, since }: Newest, lastSeen: number | undefined): string {
  const seen = lastSeen === undefined ? '' : `, last seen ${second(lastSeen)}`;
  const state = stateOf(last.event);
  if (state !== 'open') return `${state} ${second(since)}, opened ${second(last.openedAt)}${seen}`;
  const changed = seen === '' && last.at > since ? `, last changed ${second(last.at)}` : seen;
  return `open${last.settled ? '' : ' (provisional)'} since ${second(last.openedAt)}${changed}`;
}

/** Mark, id, severity, title; its times and what operators did; what to do first (not of one that was taken back). */
export function incidentEntry(
  newest: Newest,
  lastSeen: number | undefined,
  now: number,
  { colours, columns }: Look,
): string {
  const { last } = newest;
  const [mark, severity] = marked(last, colours);
  const id = colours.dim(printable(last.incidentId.slice(0, ID_DIGITS)));
  const advice = last.event === 'retracted' ? undefined : last.recommendations[0]?.text;
  const minded = last.acknowledgedBy !== '' || last.mutedUntil > now;
  const parts = [
    `${mark} ${id}  ${severity}  ${colours.bold(printable(last.title))}`,
    colours.dim(times(newest, lastSeen)),
    ...(minded ? [printable(operators(last, now))] : []),
    ...(advice === undefined ? [] : [`→ ${printable(advice)}`]),
  ];
  if (columns === undefined) return parts.join('  ');
  return parts.map((part, i) => wrap(i === 0 ? part : `  ${part}`, columns, 4)).join('\n');
}
